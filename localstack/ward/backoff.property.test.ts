import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, DEFAULT_BACKOFF, MOST_RETRY_AFTER_MS } from './backoff.ts';

const attempts = fc.integer({ min: 1, max: 10_000 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a wait grows to its limit, is never zero, and keeps at least half of what it is without chance', () => {
  fc.assert(
    fc.property(attempts, chance, (attempt, luck) => {
      const waitMs = backoffMs(attempt, DEFAULT_BACKOFF, () => luck);
      const fullMs = Math.min(DEFAULT_BACKOFF.mostMs, DEFAULT_BACKOFF.firstMs * 2 ** Math.min(attempt - 1, 40));
      return waitMs >= fullMs / 2 && waitMs <= fullMs && waitMs > 0;
    }),
  );
});

test('never sooner than the server asked, unless it asked for more than five minutes', () => {
  fc.assert(
    fc.property(attempts, chance, fc.nat({ max: 10_000_000 }), (attempt, luck, retryAfterMs) => {
      const waitMs = backoffMs(attempt, DEFAULT_BACKOFF, () => luck, retryAfterMs);
      return (
        waitMs >= Math.min(retryAfterMs, MOST_RETRY_AFTER_MS) &&
        waitMs <= Math.max(MOST_RETRY_AFTER_MS, DEFAULT_BACKOFF.mostMs)
      );
    }),
  );
  expect(backoffMs(1, DEFAULT_BACKOFF, () => 0, Number.MAX_SAFE_INTEGER)).toBe(MOST_RETRY_AFTER_MS);
});
