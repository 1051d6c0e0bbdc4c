import type { Pool } from 'pg';

interface QueueDepth {
  readonly queue: string;
  readonly depth: number;
  readonly visible: number;
  readonly oldestAgeSeconds: number;
}

export interface DatabaseSample {
  /** Transactions this database committed since its statistics began. */
  readonly commits: number;
  readonly queues: readonly QueueDepth[];
  /** How long each session has waited that waits for a lock. */
  readonly lockWaitsMs: readonly number[];
}

/**
 * One statement, so one commit of our own a sample. pg_stat_force_next_flush makes that commit count at once: a session
 * reports at most once a second, and an idle one up to 10 s late (pgstat.c, PGSTAT_MIN_INTERVAL, PGSTAT_IDLE_INTERVAL).
 * Transactions that touch no table (SELECT 1) are reported with the next one that does, or when the session ends.
 * metrics_all lists the queues of pgmq.meta, as list_queues does; its length counts invisible messages too.
 */
const SAMPLE = `
  SELECT (SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()) AS commits,
         pg_stat_force_next_flush()::text AS flushed,
         (SELECT coalesce(json_agg(json_build_object(
                   'queue', queue_name,
                   'depth', queue_length,
                   'visible', queue_visible_length,
                   'oldestAgeSeconds', coalesce(oldest_msg_age_sec, 0)) ORDER BY queue_name), '[]')
            FROM pgmq.metrics_all()) AS queues,
         (SELECT coalesce(json_agg(greatest(0, extract(epoch FROM clock_timestamp() - waitstart) * 1000)), '[]')
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE waitstart IS NOT NULL AND datname = current_database()) AS "lockWaitsMs"`;

interface SampleRow {
  readonly commits: number;
  readonly queues: QueueDepth[];
  readonly lockWaitsMs: number[];
}

/** SQLSTATE undefined_table. */
const UNDEFINED_TABLE = '42P01';

/** True if a sample failed since a queue was dropped between metrics_all's listing and counting it. */
export function isQueueDropped(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE;
}

/** Reads the database's commit counter and the state of its queues. Rejects if it takes longer than `timeoutMs`. */
export async function readDatabaseSample(pool: Pool, timeoutMs: number): Promise<DatabaseSample> {
  const query = { text: SAMPLE, query_timeout: timeoutMs };
  const { rows } = await pool.query<SampleRow>(query);
  const [row] = rows;
  if (row === undefined) throw new Error('The database answered the sampling statement without a row.');
  return row;
}
