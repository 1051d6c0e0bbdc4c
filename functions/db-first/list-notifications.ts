// Promise: paging from nextCursor to nextCursor shows every notification, each once, in one order.
import { notificationListHandler } from '../../shared/alerts/notification-handlers.ts';
import { listNotifications } from '../../shared/alerts/notification-list-store.ts';

export const handler = notificationListHandler({
  name: 'list-notifications',
  stage: 'db-first',
  page: listNotifications,
});
