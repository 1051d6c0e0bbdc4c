// Promise: a heartbeat says that a pulse came all the way from the readings to here; where it stops, so do they.
import { z } from 'zod';
import { pushHeartbeat } from '../../shared/alert-delivery/push-heartbeat.ts';
import { processChannels } from '../../shared/alert-delivery/read-channels.ts';
import { TransientError } from '../../shared/errors.ts';
import { queueHandler } from '../../shared/handlers.ts';
import { publishRetained } from '../../shared/mqtt/process-link.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = queueHandler({
  name: 'push-heartbeat',
  stage: 'alerts',
  schema: z.object({ partition: z.string() }),
  async apply(records, trail) {
    const parts = {
      channels: processChannels(),
      database: database(),
      recordMetric: trail.recordMetric,
      publish: publishRetained,
      nowMs: () => Date.now(),
    };
    const partitions = new Set(records.map(({ message }) => message.partition));
    for (const partition of partitions) {
      try {
        await pushHeartbeat(partition, parts, trail);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        // The next one comes in 5 s and says more. That none comes is what there is to say until then.
        trail.log.warn('no heartbeat', { partition, error });
      }
    }
  },
});
