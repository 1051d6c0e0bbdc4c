import { scanExposition } from '../measure/exposition.ts';
import { type Bucket, histogramQuantile } from '../measure/histogram.ts';
import type { Span } from './figures.ts';

const EVERY_MS = 1_000;
const PROBE_TIMEOUT_MS = 2_000;
const LAG = 'rabbitmq_stream_consumer_lag_messages';
const STORED = 'readings_taken_total';
const JUDGING = 'reading_evaluation_ms_bucket';
const LE = /le="([^"]+)"/;

interface Look {
  readonly atMs: number;
  /** Messages that store-readings is behind. */
  readonly behind: number;
  readonly stored: number;
}

export interface Gauges {
  /** How far storing was behind in this time at the most, and how many readings a second it stored. */
  storing(span: Span): { readonly behindMax: number; readonly perS: number };
  /** p99 of the mean time that a reading of a batch took to judge, ms; of all workers, those that were killed left out. */
  judgingP99Ms(): number | undefined;
  stop(): void;
}

/** Looks at the pages of metrics once a second. */
export function startGauges(functionsUrl: string, workersUrl: string): Gauges {
  const looks: Look[] = [];
  let buckets: readonly Bucket[] = [];
  async function look(): Promise<void> {
    const [ofFunctions, ofWorkers] = await Promise.all([page(functionsUrl), page(workersUrl)]);
    looks.push({
      atMs: Date.now(),
      behind: sumOf(ofFunctions, LAG, (series) => series.includes('store-readings')),
      stored: sumOf(ofFunctions, STORED, (series) => series.includes('outcome="stored"')),
    });
    buckets = bucketsOf(ofWorkers);
  }
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // A page that does not come is a look that is missing.
    look()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, EVERY_MS);
  return {
    storing({ fromMs, toMs }) {
      const within = looks.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
      const [first, last] = [within[0], within.at(-1)];
      const perS =
        first && last && last.atMs > first.atMs
          ? ((last.stored - first.stored) * MS_PER_S) / (last.atMs - first.atMs)
          : Number.NaN;
      return { behindMax: Math.max(0, ...within.map(({ behind }) => behind)), perS };
    },
    judgingP99Ms: () => histogramQuantile(buckets, P99)?.value,
    stop: () => clearInterval(timer),
  };
}

const MS_PER_S = 1_000;
const P99 = 0.99;

async function page(url: string): Promise<string> {
  return await (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).text();
}

function sumOf(text: string, name: string, isWanted: (series: string) => boolean): number {
  let sum = 0;
  scanExposition(text, {
    wanted: (sample) => sample === name,
    onType: () => undefined,
    onSample: (series, value) => {
      if (isWanted(series)) sum += value;
    },
  });
  return sum;
}

function bucketsOf(text: string): Bucket[] {
  const byBound = new Map<number, number>();
  scanExposition(text, {
    wanted: (sample) => sample === JUDGING,
    onType: () => undefined,
    onSample: (series, value) => {
      const bound = LE.exec(series)?.[1];
      const upperBound = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      byBound.set(upperBound, (byBound.get(upperBound) ?? 0) + value);
    },
  });
  return [...byBound].map(([upperBound, cumulative]) => ({ upperBound, cumulative }));
}
