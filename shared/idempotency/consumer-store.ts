import { boundedWait, OnceError } from './once-error.ts';
import { type Prepared, prepared } from './prepared.ts';
import type { Queryable } from './record-store.ts';
import { type ConnectionPool, checkLockTimeout, inTransaction, type Transaction } from './transaction-store.ts';

/** The worker's right to commit for a consumer (a partition, a queue): the epoch that its `takeOver` returned. */
export interface Fence {
  consumer: string;
  epoch: bigint;
}

/** Up to where all is done, in the source's own count. It only moves forward. */
export interface Checkpoint {
  consumer: string;
  position: bigint;
}

export interface ConsumerState {
  epoch: bigint;
  /** Where to go on after; undefined before the first checkpoint. */
  position: bigint | undefined;
}

const BUSY = 'Another transaction holds the consumer.';

/**
 * Begins a new epoch: transactions with an older one commit before this returns, or never. For a worker that gets a partition.
 * @throws OnceError `consumer_busy` when an old owner's transaction did not end within `lockTimeoutMs`.
 */
export function takeOver(options: {
  pool: ConnectionPool;
  consumer: string;
  lockTimeoutMs: number;
}): Promise<ConsumerState> {
  const { pool, consumer, lockTimeoutMs } = options;
  return inTransaction(pool, lockTimeoutMs, async (tx) => {
    const { rows } = await boundedWait('consumer_busy', BUSY, () =>
      tx.query<{ epoch: string; position: string | null }>(
        `INSERT INTO idempotency.consumers AS held (consumer, epoch) VALUES ($1, 1)
         ON CONFLICT (consumer) DO UPDATE SET epoch = held.epoch + 1
         RETURNING epoch::text, position::text`,
        [consumer],
      ),
    );
    const [row] = rows;
    if (!row) throw new Error('taking over returned no row');
    return { epoch: BigInt(row.epoch), position: row.position === null ? undefined : BigInt(row.position) };
  });
}

function fencedOut({ consumer, epoch }: Fence): OnceError {
  return new OnceError('fenced_out', `Epoch ${epoch} of consumer ${consumer} is over.`);
}

// One statement for the fence and the checkpoint of one consumer: a share lock first would deadlock with its like.
const MOVE_FENCED = prepared(
  'move-fenced',
  `UPDATE idempotency.consumers SET position = greatest(position, $3::bigint)
  WHERE consumer = $1 AND epoch = $2::bigint RETURNING 1`,
);
// FOR SHARE: workers of one epoch commit side by side, takeOver waits for them.
const PROVE = prepared(
  'prove',
  `SELECT FROM idempotency.consumers WHERE consumer = $1 AND epoch = $2::bigint FOR SHARE`,
);
const MOVE = prepared(
  'move',
  `INSERT INTO idempotency.consumers AS held (consumer, position) VALUES ($1, $2::bigint)
  ON CONFLICT (consumer) DO UPDATE SET position = greatest(held.position, EXCLUDED.position)`,
);

/**
 * Proves the fence and moves the checkpoint. To be the transaction's last statement, since it holds the consumer's row until
 * the commit: short, and what it proved then holds at the commit.
 * @throws OnceError `fenced_out`, `consumer_busy`.
 */
export async function proveAndMove(
  tx: Transaction,
  fence: Fence | undefined,
  checkpoint: Checkpoint | undefined,
): Promise<void> {
  const bounded = (text: Prepared, values: unknown[]) =>
    boundedWait('consumer_busy', BUSY, () => tx.query(text, values));
  const together = fence !== undefined && fence.consumer === checkpoint?.consumer;
  if (fence) {
    const { rows } = together
      ? await bounded(MOVE_FENCED, [fence.consumer, String(fence.epoch), String(checkpoint?.position)])
      : await bounded(PROVE, [fence.consumer, String(fence.epoch)]);
    if (rows.length === 0) throw fencedOut(fence);
  }
  if (checkpoint && !together) await bounded(MOVE, [checkpoint.consumer, String(checkpoint.position)]);
}

/** The row is held from a proof to its commit, which is one flush to disk: longer means that something hangs. */
const DEFAULT_LOCK_TIMEOUT_MS = 3_000;
// Without a transaction of the caller's, the limit lasts as long as the statement. The set-up is a row of its source, so it is
// in force before the consumer's row is locked.
const MOVE_ALONE = prepared(
  'move-alone',
  `WITH bounded AS MATERIALIZED (SELECT set_config('lock_timeout', $4::text, true))
  UPDATE idempotency.consumers SET position = greatest(position, $3::bigint)
  FROM bounded WHERE consumer = $1 AND epoch = $2::bigint RETURNING 1`,
);

/**
 * Moves the checkpoint of a consumer without an effect, while the epoch is still the newest: one statement, one round trip.
 * It never moves back: a position that is behind the stored one changes nothing.
 * @param options.epoch what `takeOver` returned
 * @param options.lockTimeoutMs how long to wait for a transaction that holds the consumer
 * @throws OnceError `fenced_out`, `consumer_busy` (also where the pool's default isolation is above READ COMMITTED and
 * another moved it meanwhile).
 */
export async function moveCheckpoint(options: {
  pool: Queryable;
  consumer: string;
  epoch: bigint;
  position: bigint;
  lockTimeoutMs?: number;
}): Promise<void> {
  const { pool, consumer, epoch, position, lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS } = options;
  checkLockTimeout(lockTimeoutMs);
  const values = [consumer, String(epoch), String(position), String(lockTimeoutMs)];
  const { rows } = await boundedWait('consumer_busy', BUSY, () => pool.query(MOVE_ALONE, values));
  if (rows.length === 0) throw fencedOut({ consumer, epoch });
}

/** For a person: the statement after which a consumer begins anew. Its epochs go on, or a former owner's would count again. */
export const removalOfPosition = (consumer: string): string =>
  `UPDATE idempotency.consumers SET position = NULL WHERE consumer = '${consumer.replaceAll("'", "''")}'`;
