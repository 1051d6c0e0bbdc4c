import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZipfSampler, zipfShares } from './zipf.ts';

const count = fc.integer({ min: 1, max: 300 });
const exponent = fc.double({ min: 0, max: 2, noNaN: true });
const near = (value: number) => expect.closeTo(value, 9);
/** Points of [0, 1), evenly apart. */
const DRAWS = 10_000;
const evenly = Array.from({ length: DRAWS }, (_, index) => (index + 0.5) / DRAWS);

function drawn(sampler: ZipfSampler, ranks: number): number[] {
  const times = Array.from({ length: ranks }, () => 0);
  for (const uniform of evenly) {
    const rank = sampler.rankOf(uniform);
    times[rank - 1] = (times[rank - 1] ?? 0) + 1;
  }
  return times;
}

/** An interval of [0, 1) holds as many of the points as its length says, but for one at its ends. */
function expectFrequencies(times: readonly number[], ofCount: number, ofExponent: number): void {
  expect(times).toHaveLength(ofCount);
  for (const [index, share] of zipfShares(ofCount, ofExponent).entries())
    expect(Math.abs((times[index] ?? 0) - share * DRAWS)).toBeLessThanOrEqual(1 + 1e-6);
}

describe("the shares of Zipf's law", () => {
  test('are 1, and each is that of the first divided by its rank to the power of the exponent', () => {
    fc.assert(
      fc.property(count, exponent, (ofCount, ofExponent) => {
        const shares = zipfShares(ofCount, ofExponent);
        expect(shares.reduce((sum, share) => sum + share, 0)).toEqual(near(1));
        const first = shares[0] ?? 0;
        for (const [index, share] of shares.entries()) expect(share).toEqual(near(first / (index + 1) ** ofExponent));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the sampler', () => {
  test('draws each rank as often as its share says', () => {
    fc.assert(
      fc.property(count, exponent, (ofCount, ofExponent) => {
        const sampler = new ZipfSampler(zipfShares(ofCount, ofExponent));
        expectFrequencies(drawn(sampler, ofCount), ofCount, ofExponent);
      }),
      { numRuns: 30 },
    );
  });

  test('draws a rank that there is for every number, the ends included', () => {
    const ends = fc.constantFrom(0, Number.MIN_VALUE, 1 - Number.EPSILON);
    fc.assert(
      fc.property(
        count,
        exponent,
        fc.oneof(ends, fc.double({ min: 0, max: 1, maxExcluded: true })),
        (n, s, uniform) => {
          const rank = new ZipfSampler(zipfShares(n, s)).rankOf(uniform);
          expect(rank).toBeGreaterThanOrEqual(1);
          expect(rank).toBeLessThanOrEqual(n);
        },
      ),
    );
    expect(() => new ZipfSampler([])).toThrow('no rank');
  });

  test('mutants: all ranks alike, and a rank too far, are noticed', () => {
    const alike = new ZipfSampler(zipfShares(10, 0));
    expect(() => expectFrequencies(drawn(alike, 10), 10, 1)).toThrow();
    const sampler = new ZipfSampler(zipfShares(10, 1));
    const shifted = drawn(sampler, 10);
    expect(() => expectFrequencies([...shifted.slice(1), shifted[0] ?? 0], 10, 1)).toThrow();
  });
});
