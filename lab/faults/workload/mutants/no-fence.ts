// Wrong on purpose: nobody asks whether this worker still owns the partition; and once it stands still in a transaction, until
// another has taken the partition over and waits for its keys.
import { onceBatch } from '../../../../shared/idempotency/index.ts';
import { isFirst, writeEffects } from '../effect-store.ts';
import { workloadHandler } from '../handler.ts';
import { LOCK_TIMEOUT_MS, pool } from '../pool.ts';

/** The broker gives a silent worker up after 20 to 30 s (heartbeat of 10 s), and another needs a moment to take over. */
const STILL_MS = 45_000;
const STILL_AFTER_BATCHES = 20;
const limits = { idleInTransactionMs: 4 * STILL_MS };
let batches = 0;

/** As SIGSTOP would: nothing of this process runs, no heartbeat either. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, STILL_MS);
}

export const handler = workloadHandler(async ({ records, fence, checkpoint }) => {
  batches += 1;
  const isTime = batches > STILL_AFTER_BATCHES && (await isFirst(pool(limits), 'no-fence'));
  await onceBatch({
    pool: pool(limits),
    items: records.map(({ message }) => message),
    key: ({ id }) => id,
    payload: (message) => message,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    ...(checkpoint ? { checkpoint } : {}),
    effect: async (tx, fresh) => {
      if (isTime) standStill();
      await writeEffects(tx, fresh, fence);
      return undefined;
    },
  });
});
