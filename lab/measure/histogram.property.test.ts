import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bucket, histogramQuantile } from './histogram.ts';

const buckets = (...all: readonly (readonly [number, number])[]): Bucket[] =>
  all.map(([upperBound, cumulative]) => ({ upperBound, cumulative }));
const at = (all: Bucket[], share: number) => histogramQuantile(all, share)?.value;

describe('a quantile of a histogram', () => {
  // Buckets and results as in Prometheus' own tests of histogram_quantile (promql/testdata/histograms.test).
  const positive = buckets([0.1, 50], [0.2, 70], [1, 110], [Infinity, 120]);
  const negative = buckets([-0.2, 10], [-0.1, 20], [0.3, 20], [Infinity, 30]);
  const everything = buckets([0.1, 10], [0.2, 19], [Infinity, 25]);
  const jobOne = buckets([0.1, 3], [0.2, 8], [Infinity, 10]);

  test.each([
    ['0.2 of positive bounds', positive, 0.2, 0.048],
    ['0.5 of positive bounds', positive, 0.5, 0.15],
    ['0.8 of positive bounds', positive, 0.8, 0.72],
    ['1 of positive bounds', positive, 1, 1],
    ['0 of positive bounds', positive, 0, 0],
    ['0 of negative bounds', negative, 0, -0.2],
    ['0.2 of negative bounds', negative, 0.2, -0.2],
    ['0.5 of negative bounds', negative, 0.5, -0.15],
    ['0.8 of negative bounds', negative, 0.8, 0.3],
    ['0.3 of a sum of histograms', everything, 0.3, 0.075],
    ['0.5 of a sum of histograms', everything, 0.5, 0.1277777777777778],
    ['0.3 of one job', jobOne, 0.3, 0.1],
    ['0.5 of one job', jobOne, 0.5, 0.14],
  ])('%s', (_which, all, share, expected) => {
    expect(at(all, share)).toBeCloseTo(expected, 10);
  });

  test('above the last finite bound is that bound, and says so', () => {
    expect(histogramQuantile(positive, 0.95)).toEqual({ value: 1, beyond: true });
  });

  test('exactly on a boundary is that bound', () => {
    expect(histogramQuantile(positive, 50 / 120)).toEqual({ value: 0.1, beyond: false });
    expect(histogramQuantile(positive, 110 / 120)).toEqual({ value: 1, beyond: false });
  });

  test('is undefined without values, without +Inf, or with nothing else', () => {
    expect(at(buckets([1, 0], [Infinity, 0]), 0.5)).toBeUndefined();
    expect(at(buckets([1, 5], [2, 7]), 0.5)).toBeUndefined();
    expect(at(buckets([Infinity, 7]), 0.5)).toBeUndefined();
    expect(at([], 0.5)).toBeUndefined();
  });

  test('is the same with buckets that dip, as sums over scrapes of different moments do', () => {
    expect(at(buckets([1, 10], [2, 9], [4, 20], [Infinity, 20]), 0.75)).toBe(
      at(buckets([1, 10], [2, 10], [4, 20], [Infinity, 20]), 0.75),
    );
  });

  const BOUNDS = [1, 2, 5, 10, 50];
  const values = fc.array(fc.double({ min: 0.001, max: 50, noNaN: true }), { minLength: 1, maxLength: 200 });
  const share = fc.constantFrom(0.5, 0.95, 0.99);
  const filled = (all: readonly number[]) =>
    buckets(...[...BOUNDS, Infinity].map((bound) => [bound, all.filter((value) => value <= bound).length] as const));
  /** In the bucket of the value that has this rank. */
  const inItsBucket = (quantile: typeof histogramQuantile) =>
    fc.check(
      fc.property(values, share, (all, wanted) => {
        const ranked = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(wanted * all.length) - 1)] ?? Number.NaN;
        const upper = BOUNDS.find((bound) => ranked <= bound) ?? Number.NaN;
        const lower = BOUNDS.findLast((bound) => bound < ranked) ?? 0;
        const found = quantile(filled(all), wanted)?.value ?? Number.NaN;
        return found >= lower && found <= upper;
      }),
      { seed: 5 },
    ).failed;

  test('lies in the bucket of the value with that rank', () => {
    expect(inItsBucket(histogramQuantile)).toBe(false);
  });

  test('mutant: a quantile one bucket off is caught', () => {
    expect(
      inItsBucket((all, wanted) =>
        histogramQuantile(
          all.map((one, i) => ({ ...one, cumulative: all[i - 1]?.cumulative ?? 0 })),
          wanted,
        ),
      ),
    ).toBe(true);
  });
});
