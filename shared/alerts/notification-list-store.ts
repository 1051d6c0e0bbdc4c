import { ALERT_BATCH_QUEUE } from './alert-batch-store.ts';
import { ALERT_QUEUE } from './alert-store.ts';
import { notificationPages } from './notification-page-store.ts';
import { notificationRecorder } from './notification-store.ts';

const COLUMNS = {
  eventId: 'event_id',
  patientId: 'patient_id',
  deviceId: 'device_id',
  ward: 'ward',
  kind: 'kind',
  severity: 'severity',
  message: 'message',
  detectedAt: 'detected_at',
  storedAt: 'stored_at',
  notifiedAt: 'notified_at',
} as const;

/** A notification as staff read it; instants are ISO 8601 in UTC. */
export type Notification = Record<keyof typeof COLUMNS, string>;

const DB_FIRST = { stage: 'db-first', table: 'db_first.notifications' } as const;
const AT_LEAST_ONCE = { stage: 'at-least-once', table: 'at_least_once.notifications' } as const;

/** One page of what staff were told by db-first. */
export const listNotifications = notificationPages({ ...DB_FIRST, columns: COLUMNS });
/** Tells staff of what db-first has queued. */
export const recordNotifications = notificationRecorder({ ...DB_FIRST, queue: ALERT_QUEUE });

/** One page of what staff were told by at-least-once. */
export const listStreamedNotifications = notificationPages({ ...AT_LEAST_ONCE, columns: COLUMNS });
/** Tells staff of what at-least-once has queued. */
export const recordStreamedNotifications = notificationRecorder({ ...AT_LEAST_ONCE, queue: ALERT_BATCH_QUEUE });
