import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterIncrease, isGood } from './counter-increase.ts';
import { createMeasurements } from './measurements.ts';
import { createTargetRecord } from './scrapes.ts';
import type { Selector } from './selector.ts';

const T0 = Date.UTC(2026, 0, 31, 12);
const TICK_MS = 1_000;
const PHASES = [
  { name: 'baseline', fromMs: T0 + 1_000, toMs: T0 + 3_000 },
  { name: 'fault', fromMs: T0 + 5_000, toMs: T0 + 7_000, settledMs: T0 + 8_000 },
  { name: 'recovery', fromMs: T0 + 10_000, toMs: T0 + 12_000 },
];
const FAMILIES = ['c_total', 'd_total', 'g', 'h_ms', 'untouched_total'];

/** A page a second; undefined for one that could not be read. */
function target(pages: readonly (string | undefined)[], url = 'http://127.0.0.1/metrics') {
  const record = createTargetRecord(url, FAMILIES);
  for (const [tick, page] of pages.entries()) {
    const atMs = T0 + tick * TICK_MS;
    if (page === undefined) record.addFailure(tick, atMs, atMs);
    else record.add(tick, atMs, atMs, page);
  }
  return record;
}
const counterPage = (value: number | undefined, start?: number) =>
  `# TYPE c_total counter\n# TYPE untouched_total counter\n${value === undefined ? '' : `c_total{stage="a"} ${value}\n`}${start === undefined ? '' : `process_start_time_seconds ${start}\n`}`;
const counterPages = (...values: (number | undefined)[]) => values.map((value) => counterPage(value));
const measure = (...targets: ReturnType<typeof target>[]) =>
  createMeasurements({ startedAtMs: T0, phases: PHASES, targets });
const count: Selector = { metric: 'c_total', statistic: 'count' };
const rate: Selector = { metric: 'c_total', statistic: 'rate' };

describe('counters', () => {
  test('grow by the difference between the edges of a phase', () => {
    const { value } = measure(target(counterPages(5, 5, 9, 15, 15, 15, 20, 25, 29, 29, 29, 29, 29)));
    expect(value(count, 'baseline')).toBe(10);
    expect(value(rate, 'baseline')).toBe(5);
    expect(value(count, 'fault'), 'what arrived until the phase had settled').toBe(14);
    expect(value(rate, 'fault'), 'a second of the phase, not of its settling').toBe(7);
    expect(value(count, 'recovery'), 'a counter that did not move').toBe(0);
  });

  test('begin anew with their process', () => {
    const fell = target(counterPages(0, 100, 150, 40, 50));
    expect(measure(fell).value(count, 'baseline')).toBe(90);
    const passedItsOldValue = target(
      [100, 100, 150, 170].map((value, tick) => counterPage(value, tick < 2 ? 1_000 : 2_000)),
    );
    expect(measure(passedItsOldValue).value(count, 'baseline')).toBe(170);
    const gone = target(counterPages(100, 100, undefined, 120));
    expect(measure(gone).value(count, 'baseline'), 'a page without the series is that of a new process').toBe(120);
  });

  test('whose first value appears within a phase grew from 0', () => {
    expect(measure(target(counterPages(undefined, undefined, undefined, 7))).value(count, 'baseline')).toBe(7);
  });

  test('that nobody touched are 0 where they are declared, and unmeasured where not', () => {
    const { value, find } = measure(target(counterPages(1, 1, 1, 1)));
    expect(value({ metric: 'untouched_total', statistic: 'count' }, 'baseline')).toBe(0);
    expect(value({ ...count, labels: { stage: 'never' } }, 'baseline')).toBe(0);
    expect(find({ metric: 'missing_total', statistic: 'count' }, 'baseline')).toEqual({
      value: undefined,
      note: 'nobody reported missing_total',
    });
    expect(find({ ...count, labels: { stag: 'a' } }, 'baseline').note).toBe("no series of c_total has a label 'stag'");
    expect(find({ ...count, statistic: 'p95' }, 'baseline').note).toBe('a counter has no p95');
    expect(find(count, 'recovery')).toEqual({ value: undefined, note: 'fewer than two samples of c_total' });
  });

  test('are summed over the series and pages that match', () => {
    const page = (a: number, b: number) =>
      `# TYPE c_total counter\nc_total{s="a",w="1"} ${a}\nc_total{s="a",w="2"} ${b}\nc_total{s="b",w="1"} 99\n`;
    const pages = [page(1, 1), page(1, 1), page(2, 3), page(4, 4)];
    const both = measure(target(pages), target(pages, 'http://127.0.0.2/metrics'));
    expect(both.value({ ...count, labels: { s: 'a' } }, 'baseline')).toBe(12);
    expect(both.value({ ...count, labels: { s: 'a', w: '2' } }, 'baseline')).toBe(6);
    expect(
      both.value({ ...count, labels: { s: 'a' }, ratioTo: { metric: 'c_total', labels: { w: '2' } } }, 'baseline'),
    ).toBe(2);
    expect(both.find({ ...count, ratioTo: { metric: 'c_total', labels: { s: 'b' } } }, 'baseline').note).toBe(
      'c_total is 0 in baseline',
    );
  });

  test('over scrapes that failed are read at the next ones, and far ones are said', () => {
    const failing = [0, 2, undefined, undefined, undefined, undefined, undefined, undefined, 30].map((value) =>
      value === undefined ? undefined : counterPage(value),
    );
    expect(measure(target(failing)).find(count, 'baseline')).toEqual({
      value: 28,
      note: 'the samples of c_total around baseline are up to 5.0 s away from it',
    });
    const points = measure(target(failing)).series(rate);
    expect(points.map(([, value]) => value)).toEqual([null, 2, null, null, null, null, null, null, 4]);
  });
});

describe('an increase', () => {
  const steps = fc.array(fc.record({ by: fc.nat(50), restarts: fc.boolean(), seen: fc.boolean() }), {
    minLength: 2,
    maxLength: 30,
  });
  type Increase = typeof counterIncrease;
  /** Every process counts from 0 and is scraped at its end, so that nothing it counted is unseen. */
  const addsUp = (increase: Increase) =>
    fc.check(
      fc.property(steps, (all) => {
        const record = createTargetRecord('http://127.0.0.1/', FAMILIES);
        let [value, start, total, tick] = [0, 1_000, 0, 0];
        record.add(tick, T0, T0, counterPage(value, start));
        for (const { by, restarts, seen } of all) {
          tick += 1;
          total += by;
          value += by;
          const atMs = T0 + tick * TICK_MS;
          if (seen || restarts) record.add(tick, atMs, atMs, counterPage(value === 0 ? undefined : value, start));
          else record.addFailure(tick, atMs, atMs);
          if (restarts) [value, start] = [0, start + 10];
        }
        record.add(tick + 1, T0 + (tick + 1) * TICK_MS, T0 + (tick + 1) * TICK_MS, counterPage(value, start));
        const place = record.series.findIndex(({ name }) => name === 'c_total');
        return increase(record, record.scrapes.filter(isGood), place) === total;
      }),
      { seed: 3, numRuns: 500 },
    );

  test('is what all processes counted, whatever restarts', () => {
    const result = addsUp(counterIncrease);
    expect(result.failed, fc.defaultReportMessage(result)).toBe(false);
  });

  test('mutant: last minus first is caught', () => {
    const lastMinusFirst: Increase = (_target, scrapes, place) =>
      (scrapes.at(-1)?.values[place] ?? 0) - (scrapes[0]?.values[place] ?? 0);
    expect(addsUp(lastMinusFirst).failed).toBe(true);
  });

  test('mutant: a restart seen only by a fall is caught', () => {
    const byFall: Increase = (one, scrapes, place) =>
      counterIncrease(
        { ...one, series: one.series.filter(({ name }) => name === 'c_total') },
        scrapes.map((scrape) => ({ ...scrape, values: scrape.values.slice(place, place + 1) })),
        0,
      );
    expect(addsUp(byFall).failed).toBe(true);
  });
});

describe('histograms', () => {
  const page = (at10: number, at20: number, all: number, sum: number) =>
    `# TYPE h_ms histogram\nh_ms_bucket{le="10"} ${at10}\nh_ms_bucket{le="20"} ${at20}\nh_ms_bucket{le="+Inf"} ${all}\nh_ms_sum ${sum}\nh_ms_count ${all}\n`;
  const pages = [page(9, 9, 9, 1), page(9, 9, 9, 1), page(9, 9, 9, 1), page(14, 19, 19, 101)];
  const of = (statistic: Selector['statistic']): Selector => ({ metric: 'h_ms', statistic });

  test('give count, mean and quantiles of what was added in the phase', () => {
    const { value, find } = measure(target(pages));
    expect(value(of('count'), 'baseline')).toBe(10);
    expect(value(of('mean'), 'baseline')).toBe(10);
    expect(value(of('p50'), 'baseline')).toBe(10);
    expect(value(of('p95'), 'baseline')).toBeCloseTo(19, 10);
    expect(find(of('max'), 'baseline').note).toBe('a histogram has no max');
    expect(
      measure(target([...pages, ...pages.slice(3), pages[3], pages[3], pages[3], pages[3]])).find(of('p95'), 'fault'),
    ).toEqual({
      value: undefined,
      note: 'no value of h_ms',
    });
  });

  test('above their last bucket say so', () => {
    const beyond = measure(target([page(0, 0, 0, 0), page(0, 0, 0, 0), page(0, 0, 0, 0), page(0, 0, 5, 500)]));
    expect(beyond.find(of('p95'), 'baseline')).toEqual({ value: 20, note: 'p95 of h_ms is above its last bucket, 20' });
  });
});

describe('gauges', () => {
  const page = (value: number | undefined) =>
    `# TYPE g gauge\n${value === undefined ? '' : `g{q="a"} ${value}\ng{q="b"} 1\n`}`;
  const of = (statistic: Selector['statistic']): Selector => ({ metric: 'g', statistic, labels: { q: 'a' } });

  test('are read at the samples within the phase', () => {
    const { value, find, series } = measure(target([9, 1, 5, 3, 9, 9].map(page)));
    expect((['mean', 'max', 'min', 'last', 'p50'] as const).map((one) => value(of(one), 'baseline'))).toEqual([
      3, 5, 1, 3, 3,
    ]);
    expect(value({ metric: 'g', statistic: 'last' }, 'baseline'), 'over both series').toBe(4);
    expect(value(of('peakAt'), 'baseline'), 'seconds into the phase, of the first highest').toBe(1);
    expect(series(of('peakAt'))).toEqual([]);
    expect(find(of('rate'), 'baseline').note).toMatch(/^a gauge has no rate: mean/);
    expect(find(of('mean'), 'recovery').note).toBe('no sample of g{q="a"} in recovery');
    expect(series(of('last'))).toEqual([
      [0, 9],
      [1, 1],
      [2, 5],
      [3, 3],
      [4, 9],
      [5, 9],
    ]);
  });

  test('of several pages are no sum while one of them is not read', () => {
    const one = target([1, 1, 2, 3].map(page));
    const other = target([page(10), page(10), undefined, page(10)], 'http://127.0.0.2/metrics');
    expect(
      measure(one, other)
        .series(of('last'))
        .map(([, value]) => value),
    ).toEqual([11, 11, null, 13]);
    expect(measure(one, other).value(of('min'), 'baseline')).toBe(11);
  });
});

test('a phase that does not exist is an error that names those there are', () => {
  expect(() => measure().find(count, 'before')).toThrow("no phase 'before': there are baseline, fault, recovery");
});
