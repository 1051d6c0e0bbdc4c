// Promise: paging from nextCursor to nextCursor shows every notification, each once, in one order.
import { listNotifications } from '../../shared/alerts/notification-list-store.ts';
import { notificationQuery } from '../../shared/alerts/notification-query.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'list-notifications',
  stage: 'db-first',
  method: 'GET',
  query: notificationQuery,
  async respond({ query, ...trail }) {
    const page = await listNotifications(query.since, query.limit, { database: database(), ...trail });
    return { status: 200, body: page, logged: { notifications: page.notifications.length } };
  },
});
