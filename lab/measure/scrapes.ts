import { type MetricType, scanExposition } from './exposition.ts';
import { parseSeries, type SeriesName } from './exposition-sample.ts';
import { describeMetric } from './selector.ts';

/** One reading of a page, tried or done. */
export interface Scrape {
  /** Scrapes of several pages with one number are of one moment. */
  readonly tick: number;
  /** Before the request: nothing that happened earlier is missing in the values. */
  readonly fromMs: number;
  /** After the answer: nothing that happened later is in the values. */
  readonly toMs: number;
  /** By place in `series`; NaN or past the end for a series that was not there. Undefined when the page could not be read. */
  readonly values: Float64Array | undefined;
}

/** All that was read from one page. */
export interface ScrapedTarget {
  readonly url: string;
  /** Of the families that the page declared at least once. */
  readonly types: ReadonlyMap<string, MetricType>;
  readonly series: readonly SeriesName[];
  /** In the order of time, failed ones among them. */
  readonly scrapes: readonly Scrape[];
}

export interface TargetRecord extends ScrapedTarget {
  /** @throws ExpositionError, and nothing of the page is kept */
  add(tick: number, fromMs: number, toMs: number, page: string): void;
  addFailure(tick: number, fromMs: number, toMs: number): void;
}

/** Kept of each page that has it: it tells a restart whose counters have already passed their old values. */
export const PROCESS_START = 'process_start_time_seconds';
const SUFFIXES = ['', '_bucket', '_sum', '_count'] as const;

/** Keeps the wanted families of a page in eight bytes a series and scrape; a series' labels are read once. */
export function createTargetRecord(url: string, families: readonly string[]): TargetRecord {
  const wantedFamilies = new Set([...families, PROCESS_START]);
  const wantedNames = new Set([...wantedFamilies].flatMap((family) => SUFFIXES.map((suffix) => `${family}${suffix}`)));
  const types = new Map<string, MetricType>();
  const series: SeriesName[] = [];
  /** By the text that a page names a series by, and by its canonical form. */
  const places = new Map<string, number>();
  const scrapes: Scrape[] = [];

  function placeOf(text: string): number {
    const known = places.get(text);
    if (known !== undefined) return known;
    const parsed = parseSeries(text);
    const canonical = `canonical ${describeMetric({ metric: parsed.name, labels: parsed.labels })}`;
    const place = places.get(canonical) ?? series.push(parsed) - 1;
    places.set(text, place).set(canonical, place);
    return place;
  }

  return {
    url,
    types,
    series,
    scrapes,
    add(tick, fromMs, toMs, page) {
      const declared: [string, MetricType][] = [];
      const read: [number, number][] = [];
      scanExposition(page, {
        wanted: (name) => wantedNames.has(name),
        onType: (family, type) => {
          if (wantedFamilies.has(family)) declared.push([family, type]);
        },
        onSample: (text, value) => read.push([placeOf(text), value]),
      });
      const values = new Float64Array(series.length).fill(Number.NaN);
      for (const [place, value] of read) values[place] = value;
      for (const [family, type] of declared) types.set(family, type);
      scrapes.push({ tick, fromMs, toMs, values });
    },
    addFailure(tick, fromMs, toMs) {
      scrapes.push({ tick, fromMs, toMs, values: undefined });
    },
  };
}
