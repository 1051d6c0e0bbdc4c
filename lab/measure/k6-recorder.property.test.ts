import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantile } from '../checker/index.ts';
import { createK6Recorder } from './k6-recorder.ts';
import { createMeasurements } from './measurements.ts';
import type { Statistic } from './selector.ts';
import { metricLine, pointLine } from './testing/k6-lines.ts';
import { createValueStore } from './value-store.ts';

const T0 = Date.UTC(2026, 0, 31, 12);
const PHASE_MS = 10_000;
const PHASES = ['baseline', 'fault'].map((name, place) => ({
  name,
  fromMs: T0 + place * PHASE_MS,
  toMs: T0 + (place + 1) * PHASE_MS,
}));

const point = fc.record({
  metric: fc.constantFrom('times', 'counts', 'fails', 'unwanted'),
  atMs: fc.nat(2 * PHASE_MS - 1).map((ms) => T0 + ms),
  value: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
  phase: fc.constantFrom('baseline', 'fault', undefined),
  stage: fc.constantFrom('one', 'two'),
});
const KINDS = { times: 'trend', counts: 'counter', fails: 'rate', unwanted: 'trend' };
const points = fc.array(point, { maxLength: 60 });
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });

type Points = typeof points extends fc.Arbitrary<infer T> ? T : never;

/** What k6 would write of these points, read in chunks of these sizes. */
function recorded(all: Points, chunkSizes: readonly number[]) {
  const lines = all.map(({ phase, stage, ...rest }) =>
    pointLine({ ...rest, tags: { ...(phase ? { phase } : {}), stage, text: '💓 "é"' } }),
  );
  const bytes = Buffer.from(
    Object.entries(KINDS)
      .map(([name, kind]) => metricLine(name, kind))
      .join('') + lines.join(''),
  );
  const recorder = createK6Recorder({
    wanted: ['times', 'counts', 'fails', { metric: 'times', labels: { stage: 'one' } }],
  });
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const size = chunkSizes[turn % chunkSizes.length] ?? 1;
    recorder.push(bytes.subarray(from, from + size));
    from += size;
  }
  recorder.end();
  return recorder;
}

/** The same by the definitions. */
function naive(
  all: Points,
  metric: string,
  phaseName: string,
  statistic: Statistic,
  stage?: string,
): number | undefined {
  const phase = PHASES.find(({ name }) => name === phaseName);
  const values = all
    .filter((one) => one.metric === metric && (stage === undefined || one.stage === stage))
    .filter((one) => (one.phase ?? PHASES.find(({ toMs }) => one.atMs < toMs)?.name) === phase?.name)
    .map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  if (metric === 'counts') return statistic === 'count' ? sum : sum / (PHASE_MS / 1000);
  if (statistic === 'count' && metric === 'times') return values.length;
  if (values.length === 0) return undefined;
  const nonZero = values.filter((value) => value !== 0).length;
  if (metric === 'fails') return statistic === 'share' ? nonZero / values.length : nonZero;
  if (statistic === 'mean') return sum / values.length;
  const ascending = values.toSorted((a, b) => a - b);
  return { max: ascending.at(-1), min: ascending[0], p95: quantile(ascending, 0.95) }[String(statistic)];
}

const questions: [string, Statistic][] = [
  ['times', 'p95'],
  ['times', 'mean'],
  ['times', 'max'],
  ['times', 'min'],
  ['times', 'count'],
  ['counts', 'count'],
  ['counts', 'rate'],
  ['fails', 'share'],
  ['fails', 'count'],
];

const same = (a: number | undefined, b: number | undefined) =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)));

describe('the recorder', () => {
  test('gives what a plain computation on the same points gives, however the bytes are cut', () => {
    fc.assert(
      fc.property(points, sizes, (all, chunkSizes) => {
        const recorder = recorded(all, chunkSizes);
        const { value } = createMeasurements({ startedAtMs: T0, phases: PHASES, k6: recorder });
        for (const { name } of PHASES) {
          for (const [metric, statistic] of questions) {
            const found = value({ metric, statistic, source: 'k6' }, name);
            const expected = naive(all, metric, name, statistic);
            expect(same(found, expected), `${statistic} of ${metric} in ${name}: ${found}, not ${expected}`).toBe(true);
          }
          const labels = { stage: 'one' };
          const narrowed = value({ metric: 'times', statistic: 'count', labels, source: 'k6' }, name);
          expect(narrowed).toBe(naive(all, 'times', name, 'count', 'one'));
        }
        expect(recorder.lines).toMatchObject({
          points: all.filter(({ metric }) => metric !== 'unwanted').length,
          skipped: all.filter(({ metric }) => metric === 'unwanted').length,
          garbage: 0,
        });
      }),
    );
  });

  test('a chart’s seconds add up to the whole', () => {
    fc.assert(
      fc.property(points, (all) => {
        const recorder = recorded(all, [64]);
        const { series } = createMeasurements({ startedAtMs: T0, phases: PHASES, k6: recorder });
        const counted = series({ metric: 'times', statistic: 'count', source: 'k6' });
        const total = counted.reduce((sum, [, value]) => sum + (value ?? 0), 0);
        expect(total).toBe(all.filter(({ metric }) => metric === 'times').length);
        expect(counted.map(([atS]) => atS)).toEqual(counted.map((_, second) => second));
      }),
    );
  });
});

describe('a store of values that is full', () => {
  const KEPT = 1_000;
  const ADDED = 50_000;

  test('keeps a uniform sample, and exact totals', () => {
    const store = createValueStore(KEPT);
    for (let value = 0; value < ADDED; value += 1) store.add(T0 + value, value);
    const kept = store.kept().values.toSorted();
    expect(store).toMatchObject({ count: ADDED, nonZero: ADDED - 1, min: 0, max: ADDED - 1, weight: ADDED / KEPT });
    expect(store.sum).toBe((ADDED * (ADDED - 1)) / 2);
    expect(store.last).toEqual({ atMs: T0 + ADDED - 1, value: ADDED - 1 });
    // The standard error of the median of 1,000 uniform values is 1.6 % of their range; five of them.
    for (const share of [0.25, 0.5, 0.75]) expect((quantile(kept, share) ?? 0) / ADDED).toBeCloseTo(share, 1);
    expect(new Set(kept).size).toBe(KEPT);
  });

  test('is said with its percentiles', () => {
    const recorder = createK6Recorder({ wanted: ['times'], valuesMax: 10 });
    recorder.push(Buffer.from(metricLine('times', 'trend')));
    for (let value = 1; value <= 40; value += 1) {
      recorder.push(Buffer.from(pointLine({ metric: 'times', atMs: T0 + value, value, tags: { phase: 'baseline' } })));
    }
    const { find, series } = createMeasurements({ startedAtMs: T0, phases: PHASES, k6: recorder });
    expect(find({ metric: 'times', statistic: 'p95' }, 'baseline').note).toMatch(/a sample of its 40 values/);
    expect(find({ metric: 'times', statistic: 'mean' }, 'baseline')).toEqual({ value: 20.5 });
    expect(series({ metric: 'times', statistic: 'count' })[0]).toEqual([0, 40]);
  });
});
