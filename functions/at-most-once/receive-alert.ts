// Promise: at most once. What is lost on the way is never sent again, what comes twice is notified twice: no dedupe, no retry, on purpose.
import { alertMessage } from '../../shared/alerts/alert-message.ts';
import { recordReceivedAlert } from '../../shared/alerts/at-most-once-store.ts';
import { mqttHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = mqttHandler({
  name: 'receive-alert',
  stage: 'at-most-once',
  kind: 'alert',
  schema: alertMessage,
  async apply({ message: alert, topic: { bed }, receivedAt, receivedMs }, { log, recordMetric }) {
    await recordReceivedAlert({ alert, bed, receivedAt, receivedMs }, { database: database(), recordMetric });
    log.info('staff notified', { eventId: alert.eventId, patientId: alert.patientId, ward: alert.ward, bed });
  },
});
