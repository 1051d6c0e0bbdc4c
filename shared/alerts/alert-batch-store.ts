import { TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { type AlertMessage, alertFingerprint } from './alert-message.ts';

const STAGE = { stage: 'at-least-once' } as const;
/** The outbox: what staff have to be told of. */
export const ALERT_BATCH_QUEUE = 'at_least_once_alerts';

/** An alert as it came, with the trace that it belongs to. */
export interface TracedAlert {
  alert: AlertMessage;
  traceparent: string;
}

/** Whose batch it is, and where its checkpoint is once all of it is stored (absent: it does not move with this batch). */
export interface AlertCheckpoint {
  consumer: string;
  epoch: bigint;
  position?: bigint | undefined;
}

export interface AlertBatchContext {
  database: Database;
  recordMetric: RecordMetric;
  /** With it, a batch of a consumer that is no longer the owner of its partition changes nothing. */
  checkpoint?: AlertCheckpoint | undefined;
}

/** `stored`: now; `same`: it came before, equal; `different`: its eventId came before with another content, which stays. */
export type AlertOutcome = 'stored' | 'same' | 'different';

/**
 * A whole batch in one statement: one round trip, one transaction. The event's primary key decides which alerts are new; only
 * those go into the outbox, with it. Rows go in by key, so that two batches with the same events wait for each other in one
 * direction and cannot deadlock. An event that is in the batch twice is stored as it came first.
 *
 * With a checkpoint: the owner's row is locked first, so that a new owner waits for this statement, or this one finds that it
 * is no longer the owner and stores nothing. The position moves with the rows, and only when all of them are new: whether
 * one that was there before is the same alert is told afterwards, and its dead letter comes before the checkpoint.
 */
const STORE_AND_SEND = `
  WITH incoming AS (
    SELECT DISTINCT ON (event_id) *
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::jsonb[],
                $9::bytea[], $10::jsonb[])
      WITH ORDINALITY
      AS i (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint, message, place)
    ORDER BY event_id, place
  ), owner AS (
    SELECT consumer FROM idempotency.consumers WHERE consumer = $11::text AND epoch = $12::bigint FOR UPDATE
  ), stored AS (
    INSERT INTO at_least_once.alerts
      (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint)
    SELECT event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint
    FROM incoming WHERE $11::text IS NULL OR EXISTS (SELECT FROM owner) ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id, stored_at
  ), sent AS (
    SELECT pgmq.send_batch('${ALERT_BATCH_QUEUE}', messages) FROM (
      SELECT array_agg(message || jsonb_build_object('storedAt', stored_at) ORDER BY place) AS messages
      FROM stored JOIN incoming USING (event_id)
    ) WHERE messages IS NOT NULL
  ), moved AS (
    UPDATE idempotency.consumers AS c SET position = greatest(c.position, $13::bigint)
    FROM owner WHERE c.consumer = owner.consumer AND (SELECT count(*) FROM stored) = cardinality($1::uuid[])
    RETURNING 1
  )
  SELECT $11::text IS NULL OR EXISTS (SELECT FROM owner) AS owned, (SELECT coalesce(jsonb_agg(event_id), '[]') FROM stored) AS stored, (SELECT count(*)::int FROM sent) AS sent`;

const FINGERPRINTS = 'SELECT event_id, fingerprint FROM at_least_once.alerts WHERE event_id = ANY($1::uuid[])';

/**
 * Stores a batch of alerts and queues, in the same transaction, what staff have to be told: each event once, however often
 * and in however many batches it comes.
 * @returns the outcome of each alert, in the order given
 * @throws TransientError when the database is away or slow: all was done or nothing, and the same batch may come again;
 * `fenced_out`: another consumer owns the partition by now, and nothing was done
 */
export async function storeAlertBatch(
  batch: readonly TracedAlert[],
  { database, recordMetric, checkpoint }: AlertBatchContext,
): Promise<AlertOutcome[]> {
  const rows = batch.map(({ alert, traceparent }) => {
    const { evidence, ...facts } = alert;
    return {
      alert,
      evidence,
      fingerprint: alertFingerprint(alert),
      message: JSON.stringify({ ...facts, traceparent }),
    };
  });
  const deadline = database.deadline();
  const startedAt = performance.now();
  const [answer] = await database.query<{ owned: boolean; stored: string[]; sent: number }>(
    {
      name: 'store-alert-batch',
      text: STORE_AND_SEND,
      values: [
        rows.map(({ alert }) => alert.eventId),
        rows.map(({ alert }) => alert.patientId),
        rows.map(({ alert }) => alert.deviceId),
        rows.map(({ alert }) => alert.ward),
        rows.map(({ alert }) => alert.kind),
        rows.map(({ alert }) => alert.severity),
        rows.map(({ alert }) => alert.detectedAt),
        rows.map(({ evidence }) => (evidence === undefined ? null : JSON.stringify(evidence))),
        rows.map(({ fingerprint }) => `\\x${fingerprint}`),
        rows.map(({ message }) => message),
        checkpoint?.consumer ?? null,
        checkpoint === undefined ? null : String(checkpoint.epoch),
        checkpoint?.position === undefined ? null : String(checkpoint.position),
      ],
    },
    deadline,
  );
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (answer?.owned !== true) throw new TransientError('fenced_out', 'Another consumer owns the partition by now.');
  const fresh = new Set(answer?.stored ?? []);
  const others = rows.filter(({ alert }) => !fresh.has(alert.eventId)).map(({ alert }) => alert.eventId);
  const known = new Map(
    rows
      .filter(({ alert }) => fresh.has(alert.eventId))
      .toReversed()
      .map(keyed),
  );
  if (others.length > 0) {
    // A statement of its own: it sees what the insert waited for, which that one's snapshot did not.
    const statement = { name: 'read-fingerprints', text: FINGERPRINTS, values: [others] };
    const found = await database.query<{ event_id: string; fingerprint: Buffer }>(statement, deadline);
    for (const { event_id, fingerprint } of found) known.set(event_id, fingerprint.toString('hex'));
  }
  return rows.map(({ alert, fingerprint }) => {
    const outcome =
      known.get(alert.eventId) !== fingerprint ? 'different' : fresh.delete(alert.eventId) ? 'stored' : 'same';
    count(outcome, alert, recordMetric);
    return outcome;
  });
}

const keyed = ({ alert, fingerprint }: { alert: AlertMessage; fingerprint: string }) =>
  [alert.eventId, fingerprint] as const;

function count(outcome: AlertOutcome, { kind, severity }: AlertMessage, recordMetric: RecordMetric): void {
  if (outcome === 'stored') recordMetric('alerts_stored_total', 1, { ...STAGE, kind, severity });
  else recordMetric(outcome === 'same' ? 'alerts_redelivered_total' : 'alerts_conflicting_total', 1, STAGE);
}
