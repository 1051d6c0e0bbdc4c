import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database, Statement } from '../postgres/database.ts';
import { type AlertMessage, alertFingerprint } from './alert-message.ts';
import { type AlertRow, type StoredAlert, toStoredAlert } from './stored-alert.ts';

export const ALERT_QUEUE = 'db_first_alerts';
const STAGE = { stage: 'db-first' } as const;

export interface StoreAlertContext {
  database: Database;
  recordMetric: RecordMetric;
  /** Travels with the message, so that the notification's log lines carry the request's trace. */
  traceparent: string;
}

/** `stored`: now; `same`: it came before, equal; `different`: its eventId came before with another content. */
export interface StoreOutcome {
  outcome: 'stored' | 'same' | 'different';
  /** What is stored under the eventId. */
  alert: StoredAlert;
}

const COLUMNS = 'event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, stored_at';

/**
 * The alert and its message in one statement: one round trip, one transaction, both or neither. When the key exists, no
 * row is stored, so none is sent. A concurrent insert of the same key is waited for (at most lock_timeout).
 */
const STORE_AND_SEND = `
  WITH stored AS (
    INSERT INTO db_first.alerts
      (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (event_id) DO NOTHING
    RETURNING ${COLUMNS}
  )
  SELECT stored.*
  FROM stored
  CROSS JOIN LATERAL pgmq.send('${ALERT_QUEUE}', $10::jsonb || jsonb_build_object('storedAt', stored.stored_at))`;

const READ = `SELECT ${COLUMNS}, fingerprint FROM db_first.alerts WHERE event_id = $1`;

function storeAndSend(alert: AlertMessage, fingerprint: Buffer, traceparent: string): Statement {
  const { evidence, ...facts } = alert;
  return {
    name: 'store-alert',
    text: STORE_AND_SEND,
    values: [
      alert.eventId,
      alert.patientId,
      alert.deviceId,
      alert.ward,
      alert.kind,
      alert.severity,
      alert.detectedAt,
      evidence === undefined ? null : JSON.stringify(evidence),
      fingerprint,
      JSON.stringify({ ...facts, traceparent }),
    ],
  };
}

type ReadContext = Pick<StoreAlertContext, 'database' | 'recordMetric'>;

async function read(eventId: string, context: ReadContext, deadline?: number) {
  const startedAt = performance.now();
  const statement = { name: 'read-alert', text: READ, values: [eventId] };
  const [row] = await context.database.query<AlertRow & { fingerprint: Buffer }>(statement, deadline);
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row;
}

/**
 * Stores the alert and queues its message for staff, both or neither; an eventId that came before changes nothing.
 * @throws TransientError when the database is away or slow: nothing or all was done, sending again tells.
 */
export async function storeAlert(alert: AlertMessage, context: StoreAlertContext): Promise<StoreOutcome> {
  const { database, recordMetric } = context;
  const fingerprint = Buffer.from(alertFingerprint(alert), 'hex');
  const deadline = database.deadline();
  const startedAt = performance.now();
  const [stored] = await database.query<AlertRow>(storeAndSend(alert, fingerprint, context.traceparent), deadline);
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (stored) {
    recordMetric('alerts_stored_total', 1, { ...STAGE, kind: alert.kind, severity: alert.severity });
    return { outcome: 'stored', alert: toStoredAlert(stored) };
  }
  // A statement of its own: it sees what the insert waited for, which that one's snapshot did not.
  const earlier = await read(alert.eventId, context, deadline);
  if (!earlier) throw new Error(`alert ${alert.eventId} conflicts with a row that cannot be read`);
  const outcome = fingerprint.equals(earlier.fingerprint) ? 'same' : 'different';
  recordMetric(outcome === 'same' ? 'alerts_redelivered_total' : 'alerts_conflicting_total', 1, STAGE);
  return { outcome, alert: toStoredAlert(earlier) };
}

/** The alert stored under this eventId, or undefined. @throws TransientError when the database is away or slow. */
export async function findAlert(eventId: string, context: ReadContext): Promise<StoredAlert | undefined> {
  const row = await read(eventId, context);
  return row && toStoredAlert(row);
}
