import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { SLEEP_STATUS } from './kinds.ts';

const STAGE = { stage: 'vitals' } as const;

export type SleepStatus = 'awake' | 'asleep';

/** A patient's newest partition comes first, and the search ends at the first row. */
const LAST = `
  SELECT asked.patient_id, found.value_text
  FROM unnest($1::text[], $2::float8[]) AS asked (patient_id, before_ms)
  CROSS JOIN LATERAL (
    SELECT r.value_text FROM vitals.readings AS r
    WHERE r.patient_id = asked.patient_id AND r.code = '${SLEEP_STATUS}' AND r.at < to_timestamp(asked.before_ms / 1000)
      AND r.at >= now() - vitals.kept_for() AND r.validity = 'valid' AND r.value_text IS NOT NULL
    ORDER BY r.at DESC LIMIT 1
  ) AS found`;

const isSleepStatus = (text: string): text is SleepStatus => text === 'awake' || text === 'asleep';

/**
 * The last valid sleep status of each patient strictly before that patient's time, in one query. A patient of whom none is stored,
 * or none of the last 24 hours, is not in the map.
 * @param before patient → epoch ms
 */
export async function lastSleepStatus(
  before: ReadonlyMap<string, number>,
  { database, recordMetric }: { database: Database; recordMetric: RecordMetric },
): Promise<Map<string, SleepStatus>> {
  const startedAt = performance.now();
  const rows = await database.query<{ patient_id: string; value_text: string }>({
    name: 'last-sleep-status',
    text: LAST,
    values: [[...before.keys()], [...before.values()]],
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return new Map(
    rows.flatMap(({ patient_id, value_text }) =>
      isSleepStatus(value_text) ? [[patient_id, value_text] as const] : [],
    ),
  );
}
