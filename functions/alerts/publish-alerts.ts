// Promise: each alert event in the stream changes its alert once, with who has to be told and by when; delivered again, or late, it changes nothing.
import { takeEvents } from '../../shared/alert-desk/alert-desk-store.ts';
import { streamHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { alertEventSchema } from '../../shared/vitals/alert-event.ts';

export const handler = streamHandler({
  name: 'publish-alerts',
  stage: 'alerts',
  schema: alertEventSchema,
  partitionKey: ({ patientId }) => patientId,
  async apply(records, { log, recordMetric, checkpoint }) {
    const batch = records.map(({ message: event, traceparent }) => ({ event, traceparent }));
    const { taken, known } = await takeEvents(batch, { database: database(), recordMetric, checkpoint });
    log.info('alert events taken', { taken, known });
    return [];
  },
});
