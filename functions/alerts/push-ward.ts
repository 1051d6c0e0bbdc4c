// Promise: what the broker retains of a ward is its newest revision, within one push of the last change, whoever dies at it.
import { z } from 'zod';
import { wardPusher } from '../../shared/alert-delivery/process-pusher.ts';
import { HeartlineError } from '../../shared/errors.ts';
import { queueHandler } from '../../shared/handlers.ts';

export const handler = queueHandler({
  name: 'push-ward',
  stage: 'alerts',
  schema: z.object({ ward: z.string() }),
  async apply(records, { log, recordMetric }) {
    const byWard = Map.groupBy(records, ({ message }) => message.ward);
    const failures = await Promise.all(
      [...byWard].map(async ([ward, messages]) => {
        const startedAt = performance.now();
        try {
          await wardPusher().push(ward);
          recordMetric('ward_push_ms', performance.now() - startedAt);
          return [];
        } catch (error) {
          if (!(error instanceof HeartlineError)) throw error;
          log.warn('ward not pushed', { ward, error });
          return messages.map(({ messageId }) => ({ messageId, error }));
        }
      }),
    );
    return failures.flat();
  },
});
