import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningService, Service } from '../../../localstack/services/service.ts';
import { TransientError } from '../../../shared/errors.ts';
import type { Restartable } from '../run/system.ts';

/** A service that is killed holds its memory or ports for a moment longer: the next start may have to be tried again. */
const START_LIMIT_MS = 90_000;
const RETRY_MS = 250;

export interface OwnService<Endpoints> extends Restartable {
  readonly endpoints: Endpoints;
  stop(): Promise<void>;
}

/** Starts a service that can be killed. The same data, on the same ports, each time. */
export async function restartable<Endpoints>(service: Service<Endpoints>): Promise<OwnService<Endpoints>> {
  let running: RunningService<Endpoints> = await service.start();
  let isOver = false;
  return {
    endpoints: running.endpoints,
    async kill() {
      // The group: what it started ends with it, as at a power cut.
      process.kill(-running.pid, 'SIGKILL');
      await running.exited;
    },
    async start() {
      const deadline = performance.now() + START_LIMIT_MS;
      for (;;) {
        try {
          running = await service.start();
          if (isOver) await running.stop();
          return;
        } catch (error) {
          if (!(error instanceof TransientError) || performance.now() > deadline) throw error;
        }
        await sleep(RETRY_MS);
      }
    },
    async stop() {
      isOver = true;
      await running.stop();
    },
  };
}
