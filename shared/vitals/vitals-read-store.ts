import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import type { KindCode } from './kinds.ts';
import { VALIDITIES, type Validity } from './vitals-message.ts';
import type { VitalsQuestion } from './vitals-query.ts';

const STAGE = { stage: 'vitals' } as const;
const VALIDITY_RANKS = `ARRAY['${VALIDITIES.join("', '")}']`;

/**
 * Along the primary key of the partitions in the span, and no others. $5 and $6: where the page begins; within that code from
 * there on, of those behind it all.
 */
const ASKED = `
  FROM vitals.readings
  WHERE patient_id = $1 AND code = ANY ($2::text[]) AND at >= $3::timestamptz AND at < $4::timestamptz
    AND (code > $5 OR at >= $6::timestamptz)`;
const RAW = `
  SELECT code, at, value, value_text, validity, simulated ${ASKED}
  ORDER BY code, at LIMIT $7`;
/** What is not valid counts, and shows in the worst validity, but is no part of the figures. */
const BUCKETS = `
  WITH bucket AS (
    SELECT code, date_bin($8::float8 * interval '1 s', at, 'epoch') AS start, count(*)::int AS count,
      min(value) FILTER (WHERE validity IN ('valid', 'questionable')) AS min,
      max(value) FILTER (WHERE validity IN ('valid', 'questionable')) AS max,
      avg(value) FILTER (WHERE validity IN ('valid', 'questionable')) AS mean,
      max(at) AS last_at,
      max(array_position(${VALIDITY_RANKS}, validity)) AS worst
    ${ASKED}
    GROUP BY code, start ORDER BY code, start LIMIT $7
  )
  SELECT bucket.code, start, count, min, max, mean, (${VALIDITY_RANKS})[worst] AS validity, last.value, last.value_text
  FROM bucket CROSS JOIN LATERAL (
    SELECT value, value_text FROM vitals.readings AS r
    WHERE r.patient_id = $1 AND r.code = bucket.code AND r.at = bucket.last_at
      AND r.at >= $3::timestamptz AND r.at < $4::timestamptz LIMIT 1
  ) AS last
  ORDER BY bucket.code, start`;

interface ReadContext {
  database: Database;
  recordMetric: RecordMetric;
}

interface ValueRow {
  code: KindCode;
  value: number | null;
  value_text: string | null;
  validity: Validity;
}
export interface ReadingRow extends ValueRow {
  at: Date;
  simulated: boolean;
}
export interface BucketRow extends ValueRow {
  start: Date;
  count: number;
  min: number | null;
  max: number | null;
  mean: number | null;
}

const valuesOf = ({ patientId, codes, from, to, place }: VitalsQuestion, limit: number): unknown[] => {
  const first = place ?? { code: codes[0] ?? '', at: from };
  return [patientId, codes.filter((code) => code >= first.code), from, to, first.code, first.at, limit];
};

async function read<Row extends object>(
  { database, recordMetric }: ReadContext,
  statement: Parameters<Database['query']>[0],
) {
  const startedAt = performance.now();
  const rows = await database.query<Row>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}

/** Readings in the order of code and time. */
export const readReadings = (question: VitalsQuestion, limit: number, context: ReadContext): Promise<ReadingRow[]> =>
  read(context, { name: 'read-vitals', text: RAW, values: valuesOf(question, limit) });

/** Readings of each so many seconds together (from 1970 on: the same ones whoever asks), in the order of code and time. */
export const readBuckets = (
  question: VitalsQuestion,
  resolutionS: number,
  limit: number,
  context: ReadContext,
): Promise<BucketRow[]> =>
  read(context, { name: 'read-vitals-buckets', text: BUCKETS, values: [...valuesOf(question, limit), resolutionS] });
