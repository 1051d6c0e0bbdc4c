// Promise: a heartbeat says that a pulse came all the way from the readings to here; where it stops, so do they.
import { z } from 'zod';
import { pushHeartbeat } from '../../shared/alert-delivery/push-heartbeat.ts';
import { processChannels } from '../../shared/alert-delivery/read-channels.ts';
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
    await Promise.all([...partitions].map((partition) => pushHeartbeat(partition, parts, trail)));
  },
});
