// Promise: paging from nextCursor to nextCursor shows every notification, in one order; an alert that came twice is there twice.
import { listReceivedAlerts } from '../../shared/alerts/at-most-once-store.ts';
import { notificationListHandler } from '../../shared/alerts/notification-handlers.ts';

export const handler = notificationListHandler({
  name: 'list-received-alerts',
  stage: 'at-most-once',
  page: listReceivedAlerts,
});
