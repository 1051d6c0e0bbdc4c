import { counterIncrease, type GoodScrape, isGood } from './counter-increase.ts';
import { type Bucket, histogramQuantile } from './histogram.ts';
import type { ScrapedTarget } from './scrapes.ts';
import { describeMetric, type Figure, PERCENTILES, type Selector } from './selector.ts';

/** Two scrapes of a page and those between them: what happened from the first to the last. */
export interface TargetSpan {
  readonly target: ScrapedTarget;
  readonly scrapes: readonly GoodScrape[];
}

/** By how much a counter or a histogram grew over these spans, summed over the series that match. */
export function figureOfIncrease(
  type: 'counter' | 'histogram' | 'summary',
  selector: Selector,
  spans: readonly TargetSpan[],
  lengthS: number,
): Figure {
  const { metric, statistic } = selector;
  const name = describeMetric(selector);
  if (!spans.some(({ scrapes }) => scrapes.length > 1))
    return { value: undefined, note: `fewer than two samples of ${name}` };
  const counted = type === 'counter' ? metric : `${metric}_count`;
  const count = () => sumOver(spans, counted, selector.labels);
  if (statistic === 'count') return { value: count() };
  if (statistic === 'rate') return { value: count() / lengthS };
  if (type !== 'counter' && statistic === 'mean') {
    const values = count();
    const nothing = { value: undefined, note: `no value of ${name}` };
    return values === 0 ? nothing : { value: sumOver(spans, `${metric}_sum`, selector.labels) / values };
  }
  const share = type === 'histogram' ? PERCENTILES[statistic] : undefined;
  if (share === undefined) return { value: undefined, note: `a ${type} has no ${statistic}` };
  const quantile = histogramQuantile(bucketsOf(spans, metric, selector.labels), share);
  if (!quantile) return { value: undefined, note: `no value of ${name}` };
  return quantile.beyond
    ? { value: quantile.value, note: `${statistic} of ${name} is above its last bucket, ${quantile.value}` }
    : { value: quantile.value };
}

type Labels = Readonly<Record<string, string>>;

/** The places of the series with this name and these labels. */
export function matching({ series }: ScrapedTarget, name: string, labels: Labels = {}): number[] {
  const asked = Object.entries(labels);
  return series.flatMap((one, place) =>
    one.name === name && asked.every(([label, value]) => one.labels[label] === value) ? [place] : [],
  );
}

function sumOver(spans: readonly TargetSpan[], name: string, labels: Labels | undefined): number {
  let sum = 0;
  for (const { target, scrapes } of spans) {
    for (const place of matching(target, name, labels)) sum += counterIncrease(target, scrapes, place);
  }
  return sum;
}

function bucketsOf(spans: readonly TargetSpan[], metric: string, labels: Labels | undefined): Bucket[] {
  const byBound = new Map<number, number>();
  for (const { target, scrapes } of spans) {
    for (const place of matching(target, `${metric}_bucket`, labels)) {
      const le = target.series[place]?.labels['le'];
      const upperBound = le === '+Inf' ? Infinity : Number(le);
      byBound.set(upperBound, (byBound.get(upperBound) ?? 0) + counterIncrease(target, scrapes, place));
    }
  }
  return [...byBound].map(([upperBound, cumulative]) => ({ upperBound, cumulative }));
}

/** The scrapes of a page that hold a phase between them, or as much of it as was sampled. */
export function spanOf(target: ScrapedTarget, fromMs: number, toMs: number): TargetSpan {
  const good = target.scrapes.filter(isGood);
  const before = good.findLastIndex((scrape) => scrape.toMs <= fromMs);
  const after = good.findIndex((scrape) => scrape.fromMs >= toMs);
  const scrapes = good.slice(Math.max(0, before), after === -1 ? good.length : after + 1);
  return { target, scrapes };
}
