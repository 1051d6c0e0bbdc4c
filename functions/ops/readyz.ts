// Promise: 200 only if the database, which every function needs, answered just now, 503 with the reason otherwise, within a second either way.
// Whether a trigger is connected to its broker says the metric trigger_connected: HTTP requests do not wait for it.
import { TransientError } from '../../shared/errors.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { RETRY_AFTER_S } from '../../shared/http/problem.ts';
import { readinessOf } from '../../shared/ops/readiness.ts';
import { isDatabaseMigrated } from '../../shared/ops/readiness-store.ts';
import { database } from '../../shared/postgres/process-database.ts';

async function postgres(): Promise<void> {
  if (await isDatabaseMigrated(database())) return;
  throw new TransientError('not_migrated', 'The database has no tables yet; migrations have to run first.');
}

export const handler = httpHandler({
  name: 'readyz',
  stage: 'ops',
  method: 'GET',
  async respond() {
    const { ready, dependencies } = await readinessOf({ postgres });
    const status = ready ? 200 : 503;
    return {
      status,
      headers: ready ? {} : { 'retry-after': String(RETRY_AFTER_S) },
      body: { status: ready ? 'ready' : 'not ready', dependencies },
      logged: ready ? {} : { dependencies },
    };
  },
});
