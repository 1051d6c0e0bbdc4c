import { MAX_CLOCK_AHEAD_MS } from '../alerts/alert-message.ts';
import { TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { keepPartitions } from './partition-store.ts';
import type { StorableReading } from './storable-reading.ts';

const STAGE = { stage: 'vitals' } as const;

/** Whose batch it is, and where its checkpoint is once all of it is stored (absent: it does not move with this batch). */
export interface ReadingCheckpoint {
  consumer: string;
  epoch: bigint;
  position?: bigint | undefined;
}

export interface ReadingContext {
  database: Database;
  recordMetric: RecordMetric;
  /** With it, a batch of a consumer that is no longer the owner of its partition changes nothing. */
  checkpoint?: ReadingCheckpoint | undefined;
}

/** What became of a batch's readings: stored now; the same as one that was there; not kept any more; of a time to come. */
export interface ReadingCounts {
  stored: number;
  same: number;
  too_old: number;
  ahead: number;
}

/**
 * A whole batch in one statement. A reading is what a patient's sensor measured at an instant: the primary key says so, and
 * what comes again, in this batch or another, changes nothing. Rows go in by key: batches with the same readings wait for each
 * other in one direction and cannot deadlock, and neighbours are in one page of the index.
 *
 * The database's clock decides what is too old or ahead: it is the one that partitions are made and dropped by. A reading that
 * ought to be kept and has no partition is `homeless`; the position then stays where it is.
 *
 * The owner's row is locked first, so that a new owner waits for this statement, or this one finds that it is no longer the
 * owner and stores nothing.
 */
const STORE = `
  WITH incoming AS MATERIALIZED (
    SELECT patient_id, code, to_timestamp(at_ms / 1000) AS at, value, value_text, validity, simulated, ward, bed, device_id, place
    FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[], $6::text[], $7::boolean[], $8::text[],
                $9::text[], $10::text[])
      WITH ORDINALITY
      AS i (patient_id, code, at_ms, value, value_text, validity, simulated, ward, bed, device_id, place)
  ), hour AS MATERIALIZED (
    SELECT hour,
      CASE
        WHEN hour > now() + $11::float8 * interval '1 ms' THEN 'ahead'
        WHEN to_regclass('vitals.' || vitals.partition_of(hour)) IS NULL THEN 'homeless'
      END AS fate
    FROM (SELECT DISTINCT date_trunc('hour', at, 'UTC') AS hour FROM incoming)
  ), judged AS MATERIALIZED (
    SELECT incoming.*,
      CASE
        WHEN at < now() - vitals.kept_for() THEN 'too_old'
        WHEN at > now() + $11::float8 * interval '1 ms' THEN 'ahead'
        ELSE coalesce(hour.fate, 'kept')
      END AS fate
    FROM incoming JOIN hour ON hour.hour = date_trunc('hour', at, 'UTC')
  ), owner AS (
    SELECT consumer FROM idempotency.consumers WHERE consumer = $12::text AND epoch = $13::bigint FOR UPDATE
  ), stored AS (
    INSERT INTO vitals.readings
      (patient_id, code, at, value, value_text, validity, simulated, ward, bed, device_id)
    SELECT patient_id, code, at, value, value_text, validity, simulated, ward, bed, device_id
    FROM judged WHERE fate = 'kept' AND ($12::text IS NULL OR EXISTS (SELECT FROM owner))
    ORDER BY patient_id, code, at, place
    ON CONFLICT (patient_id, code, at) DO NOTHING
    RETURNING 1
  ), counted AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE fate = 'kept')::int AS kept, count(*) FILTER (WHERE fate = 'too_old')::int AS too_old,
      count(*) FILTER (WHERE fate = 'ahead')::int AS ahead, count(*) FILTER (WHERE fate = 'homeless')::int AS homeless
    FROM judged
  ), moved AS (
    UPDATE idempotency.consumers AS c SET position = greatest(c.position, $14::bigint)
    FROM owner, counted WHERE c.consumer = owner.consumer AND counted.homeless = 0
    RETURNING 1
  )
  SELECT $12::text IS NULL OR EXISTS (SELECT FROM owner) AS owned, (SELECT count(*)::int FROM stored) AS stored, counted.*
  FROM counted`;

interface Answer {
  owned: boolean;
  stored: number;
  kept: number;
  too_old: number;
  ahead: number;
  homeless: number;
}

/**
 * Stores a batch of readings, each once, however often and in however many batches it comes. A batch without any moves the
 * checkpoint alone.
 * @throws TransientError when the database is away or slow: all was done or nothing, and the same batch may come again;
 * `fenced_out`: another consumer owns the partition by now, and nothing was done
 */
export async function storeReadings(
  batch: readonly StorableReading[],
  context: ReadingContext,
): Promise<ReadingCounts> {
  let answer = await store(batch, context);
  if (answer.homeless > 0) {
    await keepPartitions(context.database);
    const again = await store(batch, context);
    if (again.homeless > 0) throw new TransientError('partition_missing', 'A partition of readings could not be made.');
    answer = { ...again, stored: again.stored + answer.stored };
  }
  const { stored, kept, too_old, ahead } = answer;
  const counts = { stored, same: kept - stored, too_old, ahead };
  for (const [outcome, count] of Object.entries(counts)) {
    if (count > 0) context.recordMetric('readings_taken_total', count, { outcome });
  }
  return counts;
}

async function store(
  batch: readonly StorableReading[],
  { database, recordMetric, checkpoint }: ReadingContext,
): Promise<Answer> {
  const startedAt = performance.now();
  const [answer] = await database.query<Answer & object>({
    name: 'store-readings',
    text: STORE,
    values: [
      batch.map(({ patientId }) => patientId),
      batch.map(({ code }) => code),
      batch.map(({ atMs }) => atMs),
      batch.map(({ value }) => value),
      batch.map(({ text }) => text),
      batch.map(({ validity }) => validity),
      batch.map(({ simulated }) => simulated),
      batch.map(({ ward }) => ward),
      batch.map(({ bed }) => bed),
      batch.map(({ deviceId }) => deviceId),
      MAX_CLOCK_AHEAD_MS,
      checkpoint?.consumer ?? null,
      checkpoint === undefined ? null : String(checkpoint.epoch),
      checkpoint?.position === undefined ? null : String(checkpoint.position),
    ],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (answer?.owned !== true) throw new TransientError('fenced_out', 'Another consumer owns the partition by now.');
  return answer;
}
