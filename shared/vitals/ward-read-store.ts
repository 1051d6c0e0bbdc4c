import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { KIND_CODES, type KindCode } from './kinds.ts';
import type { Validity } from './vitals-message.ts';

const STAGE = { stage: 'vitals' } as const;

/**
 * Patients are found by leaps along the primary key, one probe each, in the partitions of this hour and the last: a list of
 * who lies where would cost a write for every reading. Whose readings are older has left, or their monitor has.
 */
const PATIENTS = `
  WITH RECURSIVE recent AS (SELECT date_trunc('hour', now() - interval '1 hour') AS since), patient AS (
    (SELECT patient_id FROM vitals.readings WHERE at >= (SELECT since FROM recent) ORDER BY patient_id LIMIT 1)
    UNION ALL
    SELECT (SELECT r.patient_id FROM vitals.readings AS r
            WHERE r.patient_id > patient.patient_id AND r.at >= (SELECT since FROM recent)
            ORDER BY r.patient_id LIMIT 1)
    FROM patient WHERE patient.patient_id IS NOT NULL
  ), place AS (
    SELECT patient.patient_id, newest.*
    FROM patient CROSS JOIN LATERAL (
      SELECT last.* FROM unnest($1::text[]) AS c (code) CROSS JOIN LATERAL (
        SELECT ward, bed, device_id, at FROM vitals.readings AS r
        WHERE r.patient_id = patient.patient_id AND r.code = c.code AND r.at >= (SELECT since FROM recent)
        ORDER BY at DESC LIMIT 1
      ) AS last ORDER BY last.at DESC LIMIT 1
    ) AS newest
    WHERE patient.patient_id IS NOT NULL
  )`;
const WARDS = `${PATIENTS} SELECT ward, count(*)::int AS patients, max(at) AS at FROM place GROUP BY ward ORDER BY ward`;
/** The newest of each kind, however old: blood pressure comes once an hour. */
export const BEDS = `${PATIENTS}
  SELECT place.patient_id, place.bed, place.device_id, place.at, coalesce(jsonb_agg(to_jsonb(reading) ORDER BY reading.code), '[]') AS readings
  FROM place CROSS JOIN LATERAL (
    SELECT c.code, last.value, last.value_text, last.validity, last.at
    FROM unnest($1::text[]) AS c (code) CROSS JOIN LATERAL (
      SELECT value, value_text, validity, at FROM vitals.readings AS r
      WHERE r.patient_id = place.patient_id AND r.code = c.code ORDER BY at DESC LIMIT 1
    ) AS last
  ) AS reading
  WHERE place.ward = $2
  GROUP BY place.patient_id, place.bed, place.device_id, place.at
  ORDER BY place.bed, place.patient_id`;

interface WardContext {
  database: Database;
  recordMetric: RecordMetric;
}
export interface WardRow {
  ward: string;
  patients: number;
  at: Date;
}
export interface BedRow {
  patient_id: string;
  bed: string;
  device_id: string;
  at: Date;
  readings: { code: KindCode; value: number | null; value_text: string | null; validity: Validity; at: string }[];
}

async function read<Row extends object>(
  { database, recordMetric }: WardContext,
  statement: Parameters<Database['query']>[0],
): Promise<Row[]> {
  const startedAt = performance.now();
  const rows = await database.query<Row>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}

/** Wards that readings have come from within the last hour or two. */
export const readWards = (context: WardContext): Promise<WardRow[]> =>
  read(context, { name: 'read-wards', text: WARDS, values: [KIND_CODES] });

/** Who lies in a ward, by where their newest reading is from, with the newest of each kind. */
export const readBeds = (ward: string, context: WardContext): Promise<BedRow[]> =>
  read(context, { name: 'read-beds', text: BEDS, values: [KIND_CODES, ward] });
