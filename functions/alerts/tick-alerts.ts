// Promise: what is due of an alert happens within a second of its time, once, and only if it is still due then.
import { z } from 'zod';
import { takeTicks } from '../../shared/alert-desk/alert-desk-store.ts';
import { queueHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = queueHandler({
  name: 'tick-alerts',
  stage: 'alerts',
  schema: z.object({ alertId: z.uuid(), dueAtMs: z.number() }),
  async apply(records, { log, recordMetric }) {
    const timers = records.map(({ message }) => message);
    const fired = await takeTicks(timers, { database: database(), recordMetric });
    log.info('alerts looked at', { timers: timers.length, fired });
  },
});
