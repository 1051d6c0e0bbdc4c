import { notificationPages } from './notification-page-store.ts';

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

/** One page of what staff were told by db-first. */
export const listNotifications = notificationPages({
  stage: 'db-first',
  table: 'db_first.notifications',
  columns: COLUMNS,
});
