import { encodeCursor, type ListStart } from './notification-cursor.ts';
import type { NotificationContext } from './notification-store.ts';

const STAGE = { stage: 'db-first' } as const;

/** A notification as staff read it; instants are ISO 8601 in UTC. */
export interface Notification {
  eventId: string;
  patientId: string;
  deviceId: string;
  ward: string;
  kind: string;
  severity: string;
  message: string;
  detectedAt: string;
  storedAt: string;
  notifiedAt: string;
}

export interface NotificationPage {
  notifications: Notification[];
  /** Where the next page starts; on an empty page, where to ask again later. */
  nextCursor: string;
}

interface NotificationRow {
  sequence: string;
  event_id: string;
  patient_id: string;
  device_id: string;
  ward: string;
  kind: string;
  severity: string;
  message: string;
  detected_at: Date;
  stored_at: Date;
  notified_at: Date;
}

/** In the order of commit (see record_in_turn in the migration): none can appear behind a cursor. */
const LIST = `
  SELECT sequence, event_id, patient_id, device_id, ward, kind, severity, message, detected_at, stored_at, notified_at
  FROM db_first.notifications
  WHERE sequence > $1::bigint AND notified_at >= $2::timestamptz
  ORDER BY sequence
  LIMIT $3`;

function toNotification(row: NotificationRow): Notification {
  return {
    eventId: row.event_id,
    patientId: row.patient_id,
    deviceId: row.device_id,
    ward: row.ward,
    kind: row.kind,
    severity: row.severity,
    message: row.message,
    detectedAt: row.detected_at.toISOString(),
    storedAt: row.stored_at.toISOString(),
    notifiedAt: row.notified_at.toISOString(),
  };
}

/**
 * One page of notifications after `start`, in a stable order that skips none, each on one page only.
 * @throws TransientError when the database is away or slow.
 */
export async function listNotifications(
  start: ListStart,
  limit: number,
  { database, recordMetric }: NotificationContext,
): Promise<NotificationPage> {
  const startedAt = performance.now();
  const rows = await database.query<NotificationRow>({
    name: 'list-notifications',
    text: LIST,
    values: [start.sequence, start.notBefore, limit],
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const last = rows.at(-1);
  const next = last ? { ...start, sequence: last.sequence } : start;
  return { notifications: rows.map(toNotification), nextCursor: encodeCursor(next) };
}
