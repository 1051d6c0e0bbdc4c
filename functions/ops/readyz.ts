// Promise: 200 only if what requests need, the database and the broker, can serve now; 503 with the reason otherwise, within a second either way.
import { httpHandler } from '../../shared/handlers.ts';
import { RETRY_AFTER_S } from '../../shared/http/problem.ts';
import { processReadiness, readinessOfProcess } from '../../shared/ops/process-readiness.ts';

const READY = 200;
const UNAVAILABLE = 503;

export const handler = httpHandler({
  name: 'readyz',
  stage: 'ops',
  method: 'GET',
  access: 'public',
  answers: { [READY]: processReadiness, [UNAVAILABLE]: processReadiness },
  async respond() {
    const readiness = await readinessOfProcess();
    const { status, dependencies } = readiness;
    const isReady = status !== 'not ready';
    return {
      status: isReady ? READY : UNAVAILABLE,
      headers: isReady ? {} : { 'retry-after': String(RETRY_AFTER_S) },
      body: readiness,
      logged: isReady ? {} : { dependencies },
    };
  },
});
