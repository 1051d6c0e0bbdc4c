import { STAFF } from '../access/principal.ts';
import { httpHandler, queueHandler } from '../handlers.ts';
import { DATABASE_PROBLEMS } from '../http/problem.ts';
import { traceIdFrom } from '../observability/traceparent.ts';
import { database } from '../postgres/process-database.ts';
import { queuedAlert } from './alert-message.ts';
import type { notificationPages } from './notification-page-store.ts';
import { notificationQuery } from './notification-query.ts';
import type { notificationRecorder } from './notification-store.ts';

interface NotifyRoute {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  record: ReturnType<typeof notificationRecorder>;
}

/** A handler that tells staff of the alerts in a stage's queue. */
export const notifyHandler = ({ name, stage, record }: NotifyRoute) =>
  queueHandler({
    name,
    stage,
    schema: queuedAlert,
    async apply(records, { log, recordMetric }) {
      const notified = await record(records, { database: database(), recordMetric });
      for (const { messageId, message } of records) {
        const { eventId, patientId, traceparent } = message;
        const what = notified.has(eventId) ? 'staff notified' : 'staff knew already';
        log.info(what, { eventId, patientId, traceId: traceIdFrom(traceparent), messageId });
      }
    },
  });

interface ListRoute {
  name: string;
  stage: string;
  page: ReturnType<typeof notificationPages>;
}

/** A handler that answers with a page of what staff were told. */
export const notificationListHandler = ({ name, stage, page }: ListRoute) =>
  httpHandler({
    name,
    stage,
    method: 'GET',
    access: STAFF,
    query: notificationQuery,
    answers: { 200: page.schema },
    problems: DATABASE_PROBLEMS,
    async respond({ query, ...trail }) {
      const body = await page(query.since, query.limit, { database: database(), ...trail });
      return { status: 200, body, logged: { notifications: body.notifications.length } };
    },
  });
