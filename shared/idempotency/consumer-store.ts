import { boundedWait, OnceError } from './once-error.ts';
import { type ConnectionPool, inTransaction, type Transaction } from './transaction-store.ts';

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

// One statement for the fence and the checkpoint of one consumer: a share lock first would deadlock with its like.
const MOVE_FENCED = `UPDATE idempotency.consumers SET position = greatest(position, $3::bigint)
  WHERE consumer = $1 AND epoch = $2::bigint RETURNING 1`;
// FOR SHARE: workers of one epoch commit side by side, takeOver waits for them.
const PROVE = `SELECT FROM idempotency.consumers WHERE consumer = $1 AND epoch = $2::bigint FOR SHARE`;
const MOVE = `INSERT INTO idempotency.consumers AS held (consumer, position) VALUES ($1, $2::bigint)
  ON CONFLICT (consumer) DO UPDATE SET position = greatest(held.position, EXCLUDED.position)`;

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
  const bounded = (text: string, values: unknown[]) => boundedWait('consumer_busy', BUSY, () => tx.query(text, values));
  const together = fence !== undefined && fence.consumer === checkpoint?.consumer;
  if (fence) {
    const { rows } = together
      ? await bounded(MOVE_FENCED, [fence.consumer, String(fence.epoch), String(checkpoint?.position)])
      : await bounded(PROVE, [fence.consumer, String(fence.epoch)]);
    if (rows.length === 0) {
      throw new OnceError('fenced_out', `Epoch ${fence.epoch} of consumer ${fence.consumer} is over.`);
    }
  }
  if (checkpoint && !together) await bounded(MOVE, [checkpoint.consumer, String(checkpoint.position)]);
}
