// Wrong on purpose: the position is committed first, then the effect; and once, in between, the process is killed.
import { onceBatch } from '../../../../shared/idempotency/index.ts';
import { isFirst, writeEffects } from '../effect-store.ts';
import { type Applicable, workloadHandler } from '../handler.ts';
import { LOCK_TIMEOUT_MS, pool } from '../pool.ts';

/** Some batches go well before. */
const KILLED_AFTER_BATCHES = 20;
let batches = 0;

const commit = ({ records, fence, checkpoint }: Applicable) =>
  onceBatch({
    pool: pool(),
    items: records.map(({ message }) => message),
    key: ({ id }) => id,
    payload: (message) => message,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    fence,
    ...(checkpoint ? { checkpoint } : {}),
    effect: async (tx, fresh) => {
      await writeEffects(tx, fresh, fence);
      return undefined;
    },
  });

export const handler = workloadHandler(async ({ records, fence, checkpoint }) => {
  await commit({ records: [], fence, checkpoint });
  batches += 1;
  const isTime = checkpoint !== undefined && batches > KILLED_AFTER_BATCHES;
  if (isTime && (await isFirst(pool(), 'position-before-effect'))) process.kill(process.pid, 'SIGKILL');
  await commit({ records, fence, checkpoint: undefined });
});
