// Promise: staff are told once of a cardiac event, whatever is delivered again; the message goes with the notification.
import { notifyHandler } from '../../shared/alerts/notification-handlers.ts';
import { recordNotifications } from '../../shared/alerts/notification-list-store.ts';

export const handler = notifyHandler({ name: 'notify-staff', stage: 'db-first', record: recordNotifications });
