// Promise: staff are told once of a cardiac event that was stored, whatever is delivered again.
import { notifyHandler } from '../../shared/alerts/notification-handlers.ts';
import { recordStreamedNotifications } from '../../shared/alerts/notification-list-store.ts';

export const handler = notifyHandler({
  name: 'notify-staff-once',
  stage: 'at-least-once',
  record: recordStreamedNotifications,
});
