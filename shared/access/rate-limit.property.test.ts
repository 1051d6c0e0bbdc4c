import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RateLimit, rateLimit } from './rate-limit.ts';

const BURST_S = 5;
const PER_S = 10;

/** Requests of one caller, by the time since the one before. */
const gaps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 300 });

type Make = (perSecond: number, now: () => number) => RateLimit;

/** In no stretch of time are more taken than a full bucket and what flows into it meanwhile; and who waits as told is taken. */
const law = (make: Make) =>
  fc.property(gaps, (history) => {
    let nowMs = 0;
    const limit = make(PER_S, () => nowMs);
    const takenAt: number[] = [];
    for (const gap of history) {
      nowMs += gap;
      const waitS = limit.take('one');
      if (waitS === 0) takenAt.push(nowMs);
      else {
        nowMs += waitS * 1_000;
        expect(limit.take('one')).toBe(0);
        takenAt.push(nowMs);
      }
    }
    for (const [from, startMs] of takenAt.entries()) {
      for (const [upTo, endMs] of takenAt.entries()) {
        if (upTo < from) continue;
        expect(upTo - from + 1).toBeLessThanOrEqual(PER_S * BURST_S + ((endMs - startMs) / 1_000) * PER_S + 1e-6);
      }
    }
  });

test('a caller gets its burst and its rate, and no more', () => {
  fc.assert(law(rateLimit), { numRuns: 100 });
});

const without: Make = () => ({ take: () => 0 });
/** What flows in while nobody asks is never spilt. */
const withoutBrim: Make = (perSecond, now) => {
  const startedMs = now();
  let taken = 0;
  return {
    take() {
      const had = perSecond * (BURST_S + (now() - startedMs) / 1_000);
      if (had - taken < 1) return 1;
      taken += 1;
      return 0;
    },
  };
};
const atOnce = (count: number) => Array.from({ length: count }, () => 0);
test.each([
  ['no limit', without, atOnce(60)],
  ['a bucket without a brim', withoutBrim, [0, ...Array.from({ length: 20 }, () => 700), ...atOnce(100)]],
])('%s is found out', (_name, make, history) => {
  expect(() => fc.assert(law(make), { examples: [[history]], seed: 1 })).toThrow();
});

test('callers do not share', () => {
  const limit = rateLimit(1, () => 0);
  for (let taken = 0; taken < BURST_S; taken++) expect(limit.take('one')).toBe(0);
  expect([limit.take('one'), limit.take('other')]).toEqual([1, 0]);
});
