// Wrong on purpose: whatever is delivered has its effect, as if each delivery had a key of its own.
import { randomUUID } from 'node:crypto';
import { onceBatch } from '../../../../shared/idempotency/index.ts';
import { writeEffects } from '../effect-store.ts';
import { workloadHandler } from '../handler.ts';
import { LOCK_TIMEOUT_MS, pool } from '../pool.ts';

export const handler = workloadHandler(async ({ records, fence, checkpoint }) => {
  await onceBatch({
    pool: pool(),
    items: records.map(({ message }) => message),
    key: () => randomUUID(),
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    fence,
    ...(checkpoint ? { checkpoint } : {}),
    effect: async (tx, fresh) => {
      await writeEffects(tx, fresh, fence);
      return undefined;
    },
  });
});
