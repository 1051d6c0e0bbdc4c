import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCommitRate } from './commit-rate.ts';

describe('commits a second', () => {
  test('are not known from one reading, nor from two at one time', () => {
    const rate = createCommitRate();
    expect(rate.take(10, 0)).toBeUndefined();
    expect(rate.take(11, 0)).toBeUndefined();
  });

  test("leave out the reader's own", () => {
    const rate = createCommitRate();
    rate.take(100, 0);
    expect(rate.take(101, 1_000)).toBe(0);
    expect(rate.take(152, 2_000)).toBe(25);
  });

  test('are those of the last 5 s', () => {
    const rate = createCommitRate();
    for (let second = 0; second <= 20; second += 1) rate.take(second * 101, second * 1_000);
    let last: number | undefined;
    for (let second = 21; second <= 25; second += 1) last = rate.take(20 * 101 + (second - 20), second * 1_000);
    expect(last).toBe(0);
  });

  test('start anew when the counter fell or was out of sight', () => {
    const rate = createCommitRate();
    rate.take(1_000, 0);
    expect(rate.take(5, 1_000)).toBeUndefined();
    expect(rate.take(16, 2_000)).toBe(10);
    rate.forget();
    expect(rate.take(1_000, 3_000)).toBeUndefined();
  });

  test('are never negative, and right for a steady load whatever the readings’ times', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 30 }),
        (tps, steps) => {
          const rate = createCommitRate();
          rate.take(0, 0);
          let atMs = 0;
          steps.forEach((step, index) => {
            atMs += step;
            const own = index + 1;
            expect(rate.take((atMs * tps) / 1_000 + own, atMs)).toBeCloseTo(tps, 5);
          });
        },
      ),
    );
  });
});
