import { ALERT_BATCH_QUEUE } from '../alerts/alert-batch-store.ts';
import { ALERT_QUEUE } from '../alerts/alert-store.ts';
import type { Database } from '../postgres/database.ts';

/** Whether the database answers and is migrated. @throws TransientError when it is away or slow. */
export async function isDatabaseMigrated(database: Database): Promise<boolean> {
  const [row] = await database.query<{ migrated: boolean }>({
    name: 'is-migrated',
    text: `SELECT to_regclass('db_first.notifications') IS NOT NULL AND to_regclass($1) IS NOT NULL AS migrated`,
    values: [`pgmq.q_${ALERT_QUEUE}`],
  });
  return row?.migrated ?? false;
}

export interface QueueReading {
  queue: string;
  /** Of a queue with more, this many. */
  depth: number;
  /** Age of the message that was sent first of those there; 0 of an empty queue. */
  oldestSeconds: number;
}

/** Counting goes on to this: a readiness check must cost the same, however much there is. */
export const DEPTH_COUNTED_MAX = 1_000;

const stateOf = (queue: string) => `
  SELECT '${queue}' AS queue,
    (SELECT count(*)::int FROM (SELECT FROM pgmq.q_${queue} LIMIT ${DEPTH_COUNTED_MAX}) AS counted) AS depth,
    coalesce((SELECT extract(epoch FROM clock_timestamp() - enqueued_at)::float8 FROM pgmq.q_${queue} ORDER BY msg_id LIMIT 1), 0)
      AS "oldestSeconds"`;
const STATES = [ALERT_QUEUE, ALERT_BATCH_QUEUE].map(stateOf).join(' UNION ALL ');

/** How full the queues of the stages are. @throws TransientError when the database is away or slow, or has no such queues */
export async function queueReadings(database: Database): Promise<QueueReading[]> {
  const rows = await database.query<{ queue: string; depth: number; oldestSeconds: number }>({
    name: 'queue-readings',
    text: STATES,
    values: [],
  });
  return rows.map(({ oldestSeconds, ...rest }) => ({ ...rest, oldestSeconds: Math.round(Math.max(0, oldestSeconds)) }));
}
