import { TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';

const STAGE = { stage: 'vitals' } as const;

/** A consumer's state when all before `position` had been judged, and nothing behind it. */
export interface Snapshot {
  position: bigint;
  /** Of the state's form: one that a process does not know is of another release. */
  version: number;
  state: Buffer;
}

interface SnapshotContext {
  database: Database;
  recordMetric: RecordMetric;
}

/**
 * State and checkpoint in one statement, so that what is replayed after a crash begins where the state ends. The owner's row is
 * locked first: a new owner waits for this statement, or this one finds that it is no longer the owner and changes nothing.
 * A state of before the checkpoint changes nothing either: the records between the two would not come again. What counts is the
 * checkpoint, not the state that is held: where a person has removed the checkpoint, the stream begins anew, and the state with it.
 */
const SAVE = `
  WITH owner AS (
    SELECT consumer, position FROM idempotency.consumers WHERE consumer = $1 AND epoch = $2::bigint FOR UPDATE
  ), saved AS (
    INSERT INTO vitals.snapshots (consumer, position, version, state)
    SELECT consumer, $3::bigint, $4::int, $5::bytea FROM owner
    WHERE position IS NULL OR position <= $3::bigint
    ON CONFLICT (consumer) DO UPDATE SET position = EXCLUDED.position, version = EXCLUDED.version, state = EXCLUDED.state,
      taken_at = clock_timestamp()
    RETURNING consumer, position
  ), moved AS (
    UPDATE idempotency.consumers AS c SET position = saved.position
    FROM saved WHERE c.consumer = saved.consumer
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM owner) AS owned, EXISTS (SELECT FROM saved) AS saved`;

const LOAD = 'SELECT position::text, version, state FROM vitals.snapshots WHERE consumer = $1';

/** The newest snapshot, whoever saved it. Read it after takeOver: from then on no other can save one. */
export async function loadSnapshot(
  consumer: string,
  { database, recordMetric }: SnapshotContext,
): Promise<Snapshot | undefined> {
  const startedAt = performance.now();
  const statement = { name: 'load-snapshot', text: LOAD, values: [consumer] };
  const [row] = await database.query<{ position: string; version: number; state: Buffer }>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row && { ...row, position: BigInt(row.position) };
}

/**
 * Saves a snapshot and moves the consumer's checkpoint to its position.
 * @throws TransientError when the database is away or slow: all was done or nothing; `fenced_out`: another consumer owns the
 * partition by now, and nothing was done; `snapshot_outdated`: the checkpoint is past this state, and nothing was done
 */
export async function saveSnapshot(
  { consumer, epoch, position, version, state }: Snapshot & { consumer: string; epoch: bigint },
  { database, recordMetric }: SnapshotContext,
): Promise<void> {
  const startedAt = performance.now();
  const [answer] = await database.query<{ owned: boolean; saved: boolean }>({
    name: 'save-snapshot',
    text: SAVE,
    values: [consumer, String(epoch), String(position), version, state],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (answer?.owned !== true) throw new TransientError('fenced_out', 'Another consumer owns the partition by now.');
  if (!answer.saved) throw new TransientError('snapshot_outdated', 'The checkpoint is past the state.');
}
