/** Where a metric is measured: by the load generator, by the system itself, or by comparing what was sent with what was delivered. */
export type Source = 'k6' | 'prometheus' | 'checker';

/**
 * - `count`: how many (of a counter: by how much it grew; of a share: how many were non-zero; of a distribution: how many values).
 * - `rate`: `count` a second.
 * - `share`: non-zero values among all, 0 to 1.
 * - `peakAt`: of a gauge, seconds from the phase's begin to its first highest sample.
 */
export const STATISTICS = [
  'count',
  'rate',
  'share',
  'mean',
  'p50',
  'p95',
  'p99',
  'max',
  'min',
  'last',
  'peakAt',
] as const;
export type Statistic = (typeof STATISTICS)[number];

/** A metric, narrowed to the series whose labels (tags in k6) have these values. */
export interface MetricRef {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: the checker for its own metrics, k6 for what it reported, else Prometheus. Needed where two have a metric of one name. */
  readonly source?: Source;
}

/** One question about a phase. */
export interface Selector extends MetricRef {
  readonly statistic: Statistic;
  /** Divides by the same statistic of another metric. */
  readonly ratioTo?: string | MetricRef;
}

/** Wall clock. Between two phases nothing is sent. */
export interface PhaseWindow {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** When what was sent in the phase has had its effect: counters are read from then on. Default: `toMs`. */
  readonly settledMs?: number;
}

/** Name of a window that is no phase but all of them, until what was sent has had its effect. Prometheus and the checker answer for it. */
export const WHOLE_RUN = 'run';

/** Names the phase of an instant: the last one that began before it, so that the gap after a phase is the phase's. */
export function phaseNamer(phases: readonly PhaseWindow[]): (atMs: number) => string | undefined {
  return (atMs) => phases.findLast(({ fromMs }) => fromMs <= atMs)?.name;
}

/** An answer. `value` is undefined when nothing was measured; `note` says why, or what limits the value. */
export interface Figure {
  readonly value: number | undefined;
  readonly note?: string;
}

/** Seconds since the load began, and the value; null where nothing was measured. */
export type SeriesPoint = readonly [atS: number, value: number | null];

export const PERCENTILES: Readonly<Partial<Record<Statistic, number>>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** Name and labels as one text, in the form that PromQL has: `alerts_total{stage="db-first"}`. */
export function describeMetric({ metric, labels = {} }: MetricRef): string {
  const entries = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return metric;
  return `${metric}{${entries.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}}`;
}
