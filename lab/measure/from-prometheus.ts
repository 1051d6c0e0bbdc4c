import { type GoodScrape, isGood } from './counter-increase.ts';
import type { MetricType } from './exposition.ts';
import { figureOfIncrease, matching, spanOf, type TargetSpan } from './prometheus-window.ts';
import type { Scrape, ScrapedTarget } from './scrapes.ts';
import {
  describeMetric,
  type Figure,
  type PhaseWindow,
  type Selector,
  type SeriesPoint,
  STATISTICS,
} from './selector.ts';
import { type MetricSource, seconds, spread, valuesOf } from './spread.ts';

/** A sample this far from the edge of a phase may have seen something of what is beside it. */
const EDGE_SLACK_MS = 3_000;
const OF_GAUGES = STATISTICS.filter((statistic) => !['count', 'rate', 'share'].includes(statistic));

/**
 * Answers from scraped pages, summed over all series that match.
 * Counters and histograms: the increase from the last sample before a phase to the first one after it has settled. A family that is
 * declared but has no such series is 0: nobody touched it. Gauges (and what has no type): over the samples within the phase.
 */
export function prometheusSource(
  targets: readonly ScrapedTarget[],
  load: { readonly startedAtMs: number },
): MetricSource<Selector, PhaseWindow> {
  return {
    figure(selector, phase) {
      const asked = ask(targets, selector);
      if ('note' in asked) return { value: undefined, note: asked.note };
      const { type, holders } = asked;
      if (isGauge(type)) return gaugeFigure(holders, selector, phase);
      const { fromMs, toMs, settledMs = toMs } = phase;
      const spans = holders.map((target) => spanOf(target, fromMs, settledMs));
      const lengthS = Math.min(seconds(fromMs, toMs), Math.max(...spans.map(lengthOf)));
      const figure = figureOfIncrease(type, selector, spans, lengthS);
      const far = Math.max(...spans.map((span) => distance(span, fromMs, settledMs)));
      if (figure.value === undefined || figure.note !== undefined || far <= EDGE_SLACK_MS) return figure;
      const note = `the samples of ${describeMetric(selector)} around ${phase.name} are up to ${seconds(0, far).toFixed(1)} s away from it`;
      return { value: figure.value, note };
    },
    series(selector) {
      const asked = ask(targets, selector);
      if ('note' in asked) return [];
      const { type, holders } = asked;
      if (isGauge(type) && (selector.statistic === 'peakAt' || !OF_GAUGES.includes(selector.statistic))) return [];
      const points: SeriesPoint[] = [];
      for (const { atMs, scrapes, before } of moments(holders)) {
        if (atMs < load.startedAtMs) continue;
        if (isGauge(type))
          points.push([seconds(load.startedAtMs, atMs), gaugeValue(holders, scrapes, selector) ?? null]);
        else {
          const value = increaseBetween(type, selector, holders, before, scrapes);
          points.push([Math.max(0, seconds(load.startedAtMs, beginOf(before) ?? atMs)), value ?? null]);
        }
      }
      return points;
    },
  };
}

const isGauge = (type: MetricType): type is 'gauge' | 'untyped' => type === 'gauge' || type === 'untyped';

/** The pages that have the metric; or why the question cannot be answered by any. */
function ask(targets: readonly ScrapedTarget[], selector: Selector): Asked | { note: string } {
  const { metric, labels = {} } = selector;
  const holders = targets.filter(
    ({ types, series }) => types.has(metric) || series.some(({ name }) => name === metric),
  );
  const [first] = holders;
  if (!first) return { note: `nobody reported ${metric}` };
  const type = first.types.get(metric) ?? 'untyped';
  const ofFamily = holders.flatMap(({ series }) =>
    series.filter(({ name }) => familyNames(metric, type).includes(name)),
  );
  // A value that does not occur is one that nobody counted yet; a label that does not occur is a mistake in the question.
  const strange = Object.keys(labels).find((label) => !ofFamily.some((one) => one.labels[label] !== undefined));
  if (strange !== undefined && ofFamily.length > 0) return { note: `no series of ${metric} has a label '${strange}'` };
  return { type, holders };
}

interface Asked {
  readonly type: MetricType;
  readonly holders: readonly ScrapedTarget[];
}

const familyNames = (metric: string, type: MetricType) =>
  type === 'histogram' || type === 'summary' ? [`${metric}_bucket`, `${metric}_count`, `${metric}_sum`] : [metric];

function gaugeFigure(
  holders: readonly ScrapedTarget[],
  selector: Selector,
  { name, fromMs, toMs }: PhaseWindow,
): Figure {
  const { statistic } = selector;
  if (!OF_GAUGES.includes(statistic)) {
    return { value: undefined, note: `a gauge has no ${statistic}: ${OF_GAUGES.join(', ')}` };
  }
  const samples = [...moments(holders)]
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .flatMap(({ atMs, scrapes }) => {
      const value = gaugeValue(holders, scrapes, selector);
      return value === undefined ? [] : [{ atMs, value }];
    });
  const values = valuesOf(samples.map(({ value }) => value));
  const peak = samples.find(({ value }) => value === values.max);
  const value = statistic === 'peakAt' ? peak && seconds(fromMs, peak.atMs) : spread(values, statistic);
  return value === undefined ? { value, note: `no sample of ${describeMetric(selector)} in ${name}` } : { value };
}

/** Undefined where a page that has the gauge was not read: part of a sum is not the sum. */
function gaugeValue(
  holders: readonly ScrapedTarget[],
  scrapes: readonly (Scrape | undefined)[],
  { metric, labels }: Selector,
): number | undefined {
  let sum: number | undefined;
  for (const [index, target] of holders.entries()) {
    const places = matching(target, metric, labels);
    const values = scrapes[index]?.values;
    if (places.length > 0 && values === undefined) return undefined;
    for (const place of places) {
      const value = values?.[place];
      if (value !== undefined && !Number.isNaN(value)) sum = (sum ?? 0) + value;
    }
  }
  return sum;
}

function increaseBetween(
  type: 'counter' | 'histogram' | 'summary',
  selector: Selector,
  holders: readonly ScrapedTarget[],
  before: readonly (GoodScrape | undefined)[],
  scrapes: readonly (Scrape | undefined)[],
): number | undefined {
  const spans: TargetSpan[] = [];
  for (const [index, target] of holders.entries()) {
    const [from, to] = [before[index], scrapes[index]];
    if (!from || !to || !isGood(to)) return undefined;
    spans.push({ target, scrapes: [from, to] });
  }
  // In a series a count is one a second, too: its points need not be a second apart.
  const statistic = selector.statistic === 'count' ? 'rate' : selector.statistic;
  return figureOfIncrease(type, { ...selector, statistic }, spans, Math.max(...spans.map(lengthOf))).value;
}

/** What grew between two samples is drawn where it began, as what k6 counted of a second is. */
const beginOf = (before: readonly (GoodScrape | undefined)[]): number | undefined => {
  const begins = before.flatMap((scrape) => scrape?.fromMs ?? []);
  return begins.length > 0 ? Math.min(...begins) : undefined;
};

/** The ticks, each with the scrape of each page and the one that read that page last before it. */
function* moments(targets: readonly ScrapedTarget[]) {
  const ticks = new Map<number, (Scrape | undefined)[]>();
  for (const [index, { scrapes }] of targets.entries()) {
    for (const scrape of scrapes) {
      const ofTick = ticks.get(scrape.tick) ?? targets.map(() => undefined);
      ofTick[index] = scrape;
      ticks.set(scrape.tick, ofTick);
    }
  }
  let before: (GoodScrape | undefined)[] = targets.map(() => undefined);
  for (const [, scrapes] of [...ticks].toSorted(([a], [b]) => a - b)) {
    const atMs = Math.min(...scrapes.flatMap((scrape) => scrape?.fromMs ?? []));
    yield { atMs, scrapes, before };
    before = before.map((known, index) => {
      const scrape = scrapes[index];
      return scrape && isGood(scrape) ? scrape : known;
    });
  }
}

const lengthOf = ({ scrapes }: TargetSpan) => seconds(scrapes[0]?.fromMs ?? 0, scrapes.at(-1)?.fromMs ?? 0);
const distance = ({ scrapes }: TargetSpan, fromMs: number, toMs: number) =>
  Math.max(Math.abs(fromMs - (scrapes[0]?.fromMs ?? fromMs)), Math.abs((scrapes.at(-1)?.fromMs ?? toMs) - toMs));
