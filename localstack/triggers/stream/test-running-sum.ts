import type pg from 'pg';
import { type StreamEvent, textOf } from './test-source.ts';

export const SUMS_TABLE = 'CREATE TABLE sums (consumer text PRIMARY KEY, sum bigint, through bigint)';

interface Snapshot {
  readonly sum: number;
  /** Offset of the last record in the sum; -1: none. */
  readonly through: number;
}

export async function snapshotOf(pool: pg.Pool, consumer: string): Promise<Snapshot> {
  const { rows } = await pool.query<{ sum: string; through: string }>(
    'SELECT sum::text, through::text FROM sums WHERE consumer = $1',
    [consumer],
  );
  return { sum: Number(rows[0]?.sum ?? 0), through: Number(rows[0]?.through ?? -1) };
}

/** State and position, fenced, in one statement. */
const STORE = `
  WITH owned AS (
    UPDATE idempotency.consumers SET position = greatest(position, $3::bigint)
    WHERE consumer = $1 AND epoch = $2::bigint RETURNING 1
  )
  INSERT INTO sums SELECT $1, $4, $5 FROM owned
  ON CONFLICT (consumer) DO UPDATE SET sum = EXCLUDED.sum, through = EXCLUDED.through RETURNING 1`;

/**
 * A handler that keeps its state in memory, the sum of what one partition's records say, and stores it with its position every
 * so many records: what `checkpoint: handler` is for.
 */
export function runningSum(
  pool: pg.Pool,
  { every, handled = () => undefined }: { readonly every: number; readonly handled?: (through: number) => unknown },
): (event: StreamEvent) => Promise<void> {
  let epoch: string | undefined;
  let state: Snapshot = { sum: 0, through: -1 };
  let snapshots = 0;

  return async ({ Records, checkpoint }) => {
    if (checkpoint === undefined) throw new Error('no checkpoint');
    const { consumer, position } = checkpoint;
    // Another owner may have gone on since: what is stored is the truth.
    if (checkpoint.epoch !== epoch) {
      state = await snapshotOf(pool, consumer);
      snapshots = Math.floor((state.through + 1) / every);
    }
    epoch = checkpoint.epoch;
    for (const record of Records) {
      const offset = Number(record.kinesis.sequenceNumber);
      // Of a batch that comes again.
      if (offset > state.through) state = { sum: state.sum + Number(textOf(record)), through: offset };
    }
    const due = Math.floor((state.through + 1) / every);
    if (due > snapshots && position !== undefined) {
      const { rowCount } = await pool.query(STORE, [consumer, epoch, position, state.sum, state.through]);
      if (rowCount === 0) throw Object.assign(new Error('over'), { code: 'fenced_out', retriable: true });
      snapshots = due;
    }
    await handled(state.through);
  };
}
