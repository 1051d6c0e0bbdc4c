import type { AlertMessage } from './alert-message.ts';
import { notificationPages } from './notification-page-store.ts';
import type { NotificationContext } from './notification-store.ts';
import { notificationText } from './notification-text.ts';

const STAGE = { stage: 'at-most-once' } as const;

/** An alert that a device published, and where and when it came from. */
export interface ReceivedAlert {
  alert: AlertMessage;
  bed: string;
  /** ISO 8601, by this process's clock. */
  receivedAt: string;
  /** The same moment on the clock of `performance.now()`. */
  receivedMs: number;
}

/** No conflict clause: nothing here tells a second delivery from a first one. */
const RECORD = `
  INSERT INTO at_most_once.notifications
    (event_id, patient_id, device_id, ward, bed, kind, severity, message, detected_at, received_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

/**
 * Tells staff of the alert, as often as it is called.
 * @throws TransientError when the database is away or slow: whether staff were told is then unknown.
 */
export async function recordReceivedAlert(
  { alert, bed, receivedAt, receivedMs }: ReceivedAlert,
  { database, recordMetric }: NotificationContext,
): Promise<void> {
  const startedAt = performance.now();
  await database.query({
    name: 'record-received-alert',
    text: RECORD,
    values: [
      alert.eventId,
      alert.patientId,
      alert.deviceId,
      alert.ward,
      bed,
      alert.kind,
      alert.severity,
      notificationText({ ...alert, bed }),
      alert.detectedAt,
      receivedAt,
    ],
  });
  const doneAt = performance.now();
  recordMetric('db_insert_latency_ms', doneAt - startedAt, STAGE);
  recordMetric('staff_notified_total', 1, { ...STAGE, kind: alert.kind });
  recordMetric('notification_latency_ms', doneAt - receivedMs, STAGE);
}

/** One page of what staff were told by at-most-once. */
export const listReceivedAlerts = notificationPages({
  stage: STAGE.stage,
  table: 'at_most_once.notifications',
  columns: {
    eventId: 'event_id',
    patientId: 'patient_id',
    deviceId: 'device_id',
    ward: 'ward',
    bed: 'bed',
    kind: 'kind',
    severity: 'severity',
    message: 'message',
    detectedAt: 'detected_at',
    receivedAt: 'received_at',
    notifiedAt: 'notified_at',
  },
});
