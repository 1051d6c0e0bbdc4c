import { quantile } from '../checker/index.ts';
import { type Figure, PERCENTILES, type SeriesPoint, type Statistic } from './selector.ts';

const MS_PER_S = 1_000;

/** Answers from one source of measurements. */
export interface MetricSource<Selector, Phase> {
  figure(selector: Selector, phase: Phase): Figure;
  series(selector: Selector): SeriesPoint[];
}

/** A set of values, of which some may be kept only. */
export interface Values {
  readonly count: number;
  readonly sum: number;
  readonly nonZero: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  readonly ascending: () => Float64Array;
}

export function valuesOf(values: readonly number[]): Values {
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    nonZero: values.filter((value) => value !== 0).length,
    min: values.reduce((min, value) => Math.min(min, value), Infinity),
    max: values.reduce((max, value) => Math.max(max, value), -Infinity),
    last: values.at(-1) ?? Number.NaN,
    ascending: () => new Float64Array(values).sort(),
  };
}

/** A statistic of a distribution; undefined for no values, and for statistics that are none of a distribution. */
export function spread(values: Values, statistic: Statistic): number | undefined {
  const { count, sum, min, max, last, ascending } = values;
  if (count === 0) return undefined;
  const share = PERCENTILES[statistic];
  if (share !== undefined) return quantile(ascending(), share);
  if (statistic === 'mean') return sum / count;
  if (statistic === 'min') return min;
  if (statistic === 'max') return max;
  return statistic === 'last' ? last : undefined;
}

export const seconds = (fromMs: number, toMs: number) => (toMs - fromMs) / MS_PER_S;

/** A point for each second of the load, from what happened in that second; one that lies outside the load is left out. */
export function perSecond<T extends { readonly atMs: number }>(
  items: Iterable<T>,
  startedAtMs: number,
  lastAtMs: number,
  measure: (inSecond: readonly T[]) => number | undefined,
): SeriesPoint[] {
  const length = Math.max(0, Math.floor(seconds(startedAtMs, lastAtMs)) + 1);
  const bins = Array.from({ length }, (): T[] => []);
  for (const item of items) bins[Math.floor(seconds(startedAtMs, item.atMs))]?.push(item);
  return bins.map((bin, second) => [second, measure(bin) ?? null]);
}
