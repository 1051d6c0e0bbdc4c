// Promise: paging from nextCursor to nextCursor shows every notification, in one order; an alert that came twice is there twice.
import { listReceivedAlerts } from '../../shared/alerts/at-most-once-store.ts';
import { notificationQuery } from '../../shared/alerts/notification-query.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'list-received-alerts',
  stage: 'at-most-once',
  method: 'GET',
  query: notificationQuery,
  async respond({ query, ...trail }) {
    const page = await listReceivedAlerts(query.since, query.limit, { database: database(), ...trail });
    return { status: 200, body: page, logged: { notifications: page.notifications.length } };
  },
});
