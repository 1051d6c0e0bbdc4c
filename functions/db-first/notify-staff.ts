// Promise: staff are told once of a cardiac event, whatever is delivered again; the message goes with the notification.
import { queuedAlert } from '../../shared/alerts/alert-message.ts';
import { recordNotifications } from '../../shared/alerts/notification-store.ts';
import { queueHandler } from '../../shared/handlers.ts';
import { traceIdFrom } from '../../shared/observability/traceparent.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = queueHandler({
  name: 'notify-staff',
  stage: 'db-first',
  schema: queuedAlert,
  async apply(records, { log, recordMetric }) {
    const notified = await recordNotifications(records, { database: database(), recordMetric });
    for (const { messageId, message } of records) {
      const { eventId, patientId, traceparent } = message;
      const what = notified.has(eventId) ? 'staff notified' : 'staff knew already';
      log.info(what, { eventId, patientId, traceId: traceIdFrom(traceparent), messageId });
    }
  },
});
