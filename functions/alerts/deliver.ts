// Promise: what is still meant reaches its channel at least once, always under the same idempotency key; what a channel does not confirm goes elsewhere, and is told of.
import { deliver, queuedDelivery } from '../../shared/alert-delivery/deliver.ts';
import { processChannels } from '../../shared/alert-delivery/read-channels.ts';
import { queueHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = queueHandler({
  name: 'deliver',
  stage: 'alerts',
  schema: queuedDelivery,
  apply: (records, trail) =>
    deliver(records, { channels: processChannels(), database: database(), recordMetric: trail.recordMetric }, trail),
});
