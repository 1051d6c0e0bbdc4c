// Promise: each notification gets one delivery for each channel that it is for, however often it is planned.
import { z } from 'zod';
import { planDeliveries } from '../../shared/alert-delivery/plan-deliveries.ts';
import { processChannels } from '../../shared/alert-delivery/read-channels.ts';
import { queueHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = queueHandler({
  name: 'plan-deliveries',
  stage: 'alerts',
  schema: z.object({ notificationId: z.uuid() }),
  async apply(records, { log, recordMetric }) {
    const ids = records.map(({ message }) => message.notificationId);
    const planned = await planDeliveries(ids, processChannels(), { database: database(), recordMetric });
    log.info('deliveries planned', { notifications: ids.length, planned });
  },
});
