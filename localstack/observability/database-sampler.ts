import type { Pool } from 'pg';
import type { MetricBridge } from './bridge.ts';
import { createCommitRate } from './commit-rate.ts';
import { type DatabaseSample, isQueueDropped, readDatabaseSample } from './database-sampler-store.ts';

const GAUGES = [
  'db_tps',
  'db_lock_waiters',
  'db_lock_wait_ms',
  'queue_depth',
  'queue_visible',
  'queue_oldest_age_seconds',
] as const;
const SAMPLE_EVERY_MS = 1_000;
/** Counting a million queued messages takes some 50 ms; a database silent this long is reported as away. */
const SAMPLE_TIMEOUT_MS = 3_000;
/** Samples in a row that a queue's dropping may spoil. More, and pgmq lists a queue that is not there. */
const MOST_SPOILT_SAMPLES = 10;

export interface DatabaseSampler {
  /** Stops sampling; waits for a running sample, at most its time limit. The pool stays open: it is the caller's. */
  stop(): Promise<void>;
}

interface SamplerOptions {
  readonly pool: Pool;
  readonly bridge: MetricBridge;
  /** Told once when the database goes away, and once when it is back. */
  readonly warn: (message: string) => void;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

function timeout(ms: number): Promise<never> & { cancel: () => void } {
  let cancel = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    cancel = () => clearTimeout(timer);
  });
  return Object.assign(promise, { cancel });
}

/**
 * Samples the database each second into the bridge: `db_tps`, the waits for locks and the `queue_*` gauges. While the database is away the
 * gauges are removed (an old value would read as a current one), one warning is given, and sampling goes on.
 */
export function startDatabaseSampler(options: SamplerOptions): DatabaseSampler {
  const { pool, bridge, warn, everyMs = SAMPLE_EVERY_MS, timeoutMs = SAMPLE_TIMEOUT_MS } = options;
  const rate = createCommitRate();
  let away = false;
  let spoilt = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<DatabaseSample> | undefined;
  let running: Promise<void> = Promise.resolve();

  function publish({ commits, queues, lockWaitsMs }: DatabaseSample): void {
    const tps = rate.take(commits, performance.now());
    bridge.replaceGauge('db_tps', tps === undefined ? [] : [{ labels: {}, value: tps }]);
    bridge.replaceGauge('db_lock_waiters', [{ labels: {}, value: lockWaitsMs.length }]);
    bridge.replaceGauge('db_lock_wait_ms', [{ labels: {}, value: Math.max(0, ...lockWaitsMs) }]);
    bridge.replaceGauge(
      'queue_depth',
      queues.map(({ queue, depth }) => ({ labels: { queue }, value: depth })),
    );
    bridge.replaceGauge(
      'queue_visible',
      queues.map(({ queue, visible }) => ({ labels: { queue }, value: visible })),
    );
    bridge.replaceGauge(
      'queue_oldest_age_seconds',
      queues.map(({ queue, oldestAgeSeconds }) => ({ labels: { queue }, value: oldestAgeSeconds })),
    );
  }

  function lost(error: unknown): void {
    rate.forget();
    for (const name of GAUGES) {
      bridge.replaceGauge(name, []);
    }
    if (!away) warn(`Database metrics are paused: ${error instanceof Error ? error.message : String(error)}`);
    away = true;
  }

  /** One read at a time: while the database hangs, reads must not pile up in the pool's queue. */
  function read(): Promise<DatabaseSample> {
    reading ??= readDatabaseSample(pool, timeoutMs).finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function sample(): Promise<void> {
    // The query has its own time limit; waiting for a connection has none unless the pool sets one.
    const limit = timeout(timeoutMs);
    try {
      const found = await Promise.race([read(), limit]);
      if (stopped) return;
      publish(found);
      if (away) warn('Database metrics are back.');
      away = false;
      spoilt = 0;
    } catch (error) {
      if (isQueueDropped(error)) spoilt += 1;
      const passing = isQueueDropped(error) && spoilt <= MOST_SPOILT_SAMPLES;
      if (!stopped && !passing) lost(error);
    } finally {
      limit.cancel();
    }
  }

  function tick(): void {
    running = sample().then(() => {
      if (!stopped) timer = setTimeout(tick, everyMs);
    });
  }

  // A broken idle connection is emitted here, and without a listener ends the process. It says nothing about now (one of
  // a failed connect comes late): the next sample tells whether the database is away. The listener stays after stop():
  // a pool that has ended still emits for a connection that the server cut before it closed.
  pool.on('error', () => undefined);
  tick();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
