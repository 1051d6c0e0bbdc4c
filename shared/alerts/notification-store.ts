import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import type { QueuedAlert } from './alert-message.ts';
import { notificationText } from './notification-text.ts';

/** A stage whose queue of alerts becomes notifications. */
interface NotifyingStage {
  stage: string;
  /** It has the columns of db_first.notifications, and its primary key. */
  table: string;
  /** The pgmq queue that the alerts come from. */
  queue: string;
}

export interface NotificationContext {
  database: Database;
  recordMetric: RecordMetric;
}

/** A message of the queue: its pgmq msg_id and the alert in it. */
export interface QueuedMessage {
  messageId: string;
  message: QueuedAlert;
}

interface RecordedRow {
  event_id: string;
  kind: string;
  /** Milliseconds from the alert's stored_at to the notification's notified_at. */
  latency_ms: number;
}

/**
 * Makes what records a batch of notifications: one for each event that has none yet, and the deletion of their messages, all
 * in one statement and so in one transaction: whatever is delivered again, staff are told once. The event's primary key
 * decides; a concurrent delivery of the same event waits for this one and then finds its row. Rows go in by key, so that
 * two batches with the same events wait for each other in one direction and cannot deadlock.
 *
 * The function made returns the eventIds that staff are told of now.
 * @throws TransientError (the function made) when the database is away or slow: the messages come back.
 */
export function notificationRecorder({ stage, table, queue }: NotifyingStage) {
  const text = `
    WITH incoming AS (
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                           $8::timestamptz[], $9::timestamptz[])
        AS i (event_id, patient_id, device_id, ward, kind, severity, message, detected_at, stored_at)
    ), recorded AS (
      INSERT INTO ${table}
        (event_id, patient_id, device_id, ward, kind, severity, message, detected_at, stored_at)
      SELECT * FROM incoming ORDER BY event_id
      ON CONFLICT (event_id) DO NOTHING
      RETURNING event_id, kind, extract(epoch FROM notified_at - stored_at)::float8 * 1000 AS latency_ms
    )
    SELECT (SELECT coalesce(jsonb_agg(recorded), '[]') FROM recorded) AS recorded,
           (SELECT count(*) FROM pgmq.delete('${queue}', $10::bigint[])) AS deleted`;

  return async (
    messages: readonly QueuedMessage[],
    { database, recordMetric }: NotificationContext,
  ): Promise<Set<string>> => {
    const alerts = messages.map(({ message }) => message);
    const startedAt = performance.now();
    const [row] = await database.query<{ recorded: RecordedRow[] }>({
      name: `record-notifications-${stage}`,
      text,
      values: [
        alerts.map((a) => a.eventId),
        alerts.map((a) => a.patientId),
        alerts.map((a) => a.deviceId),
        alerts.map((a) => a.ward),
        alerts.map((a) => a.kind),
        alerts.map((a) => a.severity),
        alerts.map(notificationText),
        alerts.map((a) => a.detectedAt),
        alerts.map((a) => a.storedAt),
        messages.map(({ messageId }) => messageId),
      ],
    });
    recordMetric('db_insert_latency_ms', performance.now() - startedAt, { stage });
    const recorded = row?.recorded ?? [];
    for (const { kind, latency_ms } of recorded) {
      recordMetric('staff_notified_total', 1, { stage, kind });
      recordMetric('notification_latency_ms', latency_ms, { stage });
    }
    const suppressed = messages.length - recorded.length;
    if (suppressed > 0) recordMetric('notifications_suppressed_total', suppressed, { stage });
    return new Set(recorded.map(({ event_id }) => event_id));
  };
}
