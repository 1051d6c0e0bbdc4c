import type { K6Kind } from './k6-points.ts';
import type { K6Recorder, RecordedMetric } from './k6-recorder.ts';
import {
  describeMetric,
  type MetricRef,
  PERCENTILES,
  type PhaseWindow,
  type Selector,
  type Statistic,
} from './selector.ts';
import { type MetricSource, perSecond, seconds, spread, type Values, valuesOf } from './spread.ts';
import { createValueStore, type ValueStore } from './value-store.ts';

/** k6 makes a counter known with its first sample; that no iteration was dropped, and no purchase failed, is known without one. */
const KNOWN_WITHOUT_SAMPLE: ReadonlyMap<string, K6Kind> = new Map([
  ['dropped_iterations', 'counter'],
  ['purchases_failed', 'counter'],
  ['repeat_differs', 'counter'],
  ['repeats_failed', 'counter'],
]);

const DISTRIBUTION: readonly Statistic[] = ['mean', 'p50', 'p95', 'p99', 'max', 'min', 'last'];
/** What can be asked of each kind: a counter's `count` is the sum of what was added, a rate's the number of its non-zero samples. */
const STATISTICS_OF: Readonly<Record<K6Kind, readonly Statistic[]>> = {
  counter: ['count', 'rate'],
  rate: ['count', 'rate', 'share'],
  trend: ['count', 'rate', ...DISTRIBUTION],
  gauge: DISTRIBUTION,
};

const kindIn = (recorder: K6Recorder, metric: string): K6Kind | undefined =>
  recorder.kindOf(metric) ?? (recorder.lastAtMs === undefined ? undefined : KNOWN_WITHOUT_SAMPLE.get(metric));

/** Whether k6 reported this metric with these tags, or would have. */
export function k6Has(recorder: K6Recorder, ref: MetricRef): boolean {
  const recorded = recorder.find(ref);
  return recorded !== undefined && (recorded.size > 0 || (!ref.labels && kindIn(recorder, ref.metric) !== undefined));
}

/**
 * Answers from k6's points: those with the tag `phase` of a phase, and of those without one the points within its time (k6 tags
 * neither its gauges nor dropped iterations by scenario tags). A known counter without a point in a phase is 0 there.
 */
export function k6Source(
  recorder: K6Recorder,
  load: { readonly startedAtMs: number; readonly lastAtMs: () => number },
): MetricSource<Selector, PhaseWindow> {
  const kindOf = (metric: string) => kindIn(recorder, metric);

  return {
    figure(selector, phase) {
      const name = describeMetric(selector);
      const recorded = recorder.find(selector);
      const kind = kindOf(selector.metric);
      if (!recorded || !kind) return { value: undefined, note: `k6 reported no ${name}` };
      const { statistic } = selector;
      if (!STATISTICS_OF[kind].includes(statistic)) {
        return { value: undefined, note: `a ${kind} of k6 has no ${statistic}: ${STATISTICS_OF[kind].join(', ')}` };
      }
      const stores = storesOf(recorded, phase);
      const values = merged(stores);
      const value = valueFor(values, kind, statistic, seconds(phase.fromMs, phase.toMs));
      if (value === undefined) return { value, note: `k6 reported no ${name} in ${phase.name}` };
      return PERCENTILES[statistic] !== undefined && stores.some(({ weight }) => weight > 1)
        ? { value, note: `${statistic} of ${name} is that of a sample of its ${values.count} values` }
        : { value };
    },
    series({ statistic, ...ref }) {
      const recorded = recorder.find(ref);
      const kind = kindOf(ref.metric);
      if (!recorded || !kind || !STATISTICS_OF[kind].includes(statistic)) return [];
      return perSecond(pointsOf([...recorded.values()]), load.startedAtMs, load.lastAtMs(), (points) => {
        const weight = points.reduce((sum, point) => sum + point.weight, 0);
        const whole = valuesOf(points.map(({ value }) => value));
        if (statistic !== 'count' && statistic !== 'rate') return valueFor(whole, kind, statistic, 1);
        return (valueFor(whole, kind, statistic, 1) ?? 0) * (points.length === 0 ? 1 : weight / points.length);
      });
    },
  };
}

function valueFor(values: Values, kind: K6Kind, statistic: Statistic, lengthS: number): number | undefined {
  // Without a sample no share was measured, nor that nothing failed.
  if (kind === 'rate' && values.count === 0) return undefined;
  if (statistic === 'share') return values.nonZero / values.count;
  if (statistic !== 'count' && statistic !== 'rate') return spread(values, statistic);
  const count = { counter: values.sum, rate: values.nonZero, trend: values.count, gauge: values.count }[kind];
  return statistic === 'count' ? count : count / lengthS;
}

function storesOf(recorded: RecordedMetric, { name, fromMs, toMs, settledMs = toMs }: PhaseWindow): ValueStore[] {
  const tagged = recorded.get(name);
  const untagged = recorded.get('');
  const within = createValueStore();
  for (const { atMs, value } of pointsOf(untagged ? [untagged] : [])) {
    if (atMs >= fromMs && atMs < settledMs) within.add(atMs, value);
  }
  return [...(tagged ? [tagged] : []), ...(within.count > 0 ? [within] : [])];
}

function merged(stores: readonly ValueStore[]): Values {
  const sum = (field: 'count' | 'sum' | 'nonZero') => stores.reduce((total, store) => total + store[field], 0);
  return {
    count: sum('count'),
    sum: sum('sum'),
    nonZero: sum('nonZero'),
    min: Math.min(...stores.map(({ min }) => min)),
    max: Math.max(...stores.map(({ max }) => max)),
    last:
      stores
        .map(({ last }) => last)
        .toSorted((a, b) => a.atMs - b.atMs)
        .at(-1)?.value ?? Number.NaN,
    ascending: () => concatenated(stores.map((store) => store.kept().values)).sort(),
  };
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function* pointsOf(stores: readonly ValueStore[]): Generator<{ atMs: number; value: number; weight: number }> {
  for (const store of stores) {
    const { atMs: instants, values } = store.kept();
    const { weight } = store;
    for (const [place, atMs] of instants.entries()) yield { atMs, value: values[place] ?? Number.NaN, weight };
  }
}
