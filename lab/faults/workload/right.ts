// Promise: each message has one effect, in the order of its key; an owner of a partition that is none any more has none.
import { onceBatch } from '../../../shared/idempotency/index.ts';
import { writeEffects } from './effect-store.ts';
import { workloadHandler } from './handler.ts';
import { LOCK_TIMEOUT_MS, pool } from './pool.ts';

export const handler = workloadHandler(async ({ records, fence, checkpoint }) => {
  await onceBatch({
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
});
