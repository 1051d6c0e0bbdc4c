import { PermanentError } from '../../shared/errors.ts';
import { createPageReader } from './http-page.ts';
import { createTargetRecord, type ScrapedTarget } from './scrapes.ts';

/** A chart of a fault that lasts some tens of seconds needs a point a second. */
const INTERVAL_MS = 1_000;
/** A page that takes longer has missed its own sample and the next. */
const TIMEOUT_MS = 2_000;

export interface SamplerOptions {
  /** Addresses of pages, `http://127.0.0.1:9464/metrics`. */
  readonly urls: readonly string[];
  /** Names of metric families: a histogram's `_bucket`, `_sum` and `_count` come with it. Other families are not kept. */
  readonly families: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
}

interface SampleCounts {
  /** Pages read. */
  readonly good: number;
  /** Not answered, or not in the format. */
  readonly failed: number;
  /** Not asked for, since the one before was still under way or the process was held up. */
  readonly skipped: number;
  /** Of the latest failure. */
  readonly lastReason: string | undefined;
}

export interface ScrapeSampler {
  readonly targets: readonly ScrapedTarget[];
  readonly families: readonly string[];
  /** By URL. */
  counts(): ReadonlyMap<string, SampleCounts>;
  /** Reads each page once more, beside the beat, after what is under way. */
  sampleNow(): Promise<void>;
  /** No sample begins after it; resolves when the last one has ended. */
  stop(): Promise<void>;
}

/**
 * Reads pages of metrics at a fixed beat from now on. A tick is at a multiple of the interval after the first however long the ones
 * before took; a page that is slow or fails misses its samples, and no other does.
 * @throws PermanentError `lab_scrape_url` for what is no http URL
 */
export function startScrapeSampler(options: SamplerOptions): ScrapeSampler {
  const { urls, families, intervalMs = INTERVAL_MS, timeoutMs = TIMEOUT_MS } = options;
  const targets = urls.map((url) => startTarget(url, families, timeoutMs));
  const startedAt = performance.now();
  let [beats, ticks] = [0, 0];
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function beat(): void {
    if (stopped) return;
    for (const target of targets) target.sample(ticks);
    ticks += 1;
    const late = Math.max(0, Math.floor((performance.now() - startedAt) / intervalMs) - beats);
    for (const target of targets) target.counts.skipped += late;
    beats += late + 1;
    timer = setTimeout(beat, Math.max(0, startedAt + beats * intervalMs - performance.now()));
  }
  beat();

  return {
    targets: targets.map(({ record }) => record),
    families,
    counts: () => new Map(targets.map(({ record, counts }) => [record.url, { ...counts }])),
    async sampleNow() {
      await Promise.all(targets.map((target) => target.idle()));
      const tick = ticks;
      ticks += 1;
      if (stopped) return;
      for (const target of targets) target.sample(tick);
      await Promise.all(targets.map((target) => target.idle()));
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all(targets.map((target) => target.close()));
    },
  };
}

function startTarget(url: string, families: readonly string[], timeoutMs: number) {
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:') {
    throw new PermanentError(
      'lab_scrape_url',
      `'${url}' is not the address of a page of metrics: it must begin with http://`,
    );
  }
  const record = createTargetRecord(url, families);
  const reader = createPageReader(url, timeoutMs);
  const counts = { good: 0, failed: 0, skipped: 0, lastReason: undefined as string | undefined };
  let underWay: Promise<void> | undefined;

  async function readOnce(tick: number): Promise<void> {
    const fromMs = Date.now();
    try {
      const page = await reader.read();
      record.add(tick, fromMs, Date.now(), page);
      counts.good += 1;
    } catch (error) {
      record.addFailure(tick, fromMs, Date.now());
      counts.failed += 1;
      counts.lastReason = reasonOf(error);
    } finally {
      underWay = undefined;
    }
  }

  return {
    record,
    counts,
    /** Begins to read the page, unless it is being read. Never fails: what goes wrong with a page is part of its record. */
    sample(tick: number): void {
      if (underWay) counts.skipped += 1;
      else underWay = readOnce(tick);
    },
    idle: () => underWay ?? Promise.resolve(),
    async close(): Promise<void> {
      await underWay;
      reader.close();
    },
  };
}

/** A refused connection has an empty message when several addresses were tried. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
