import pg from 'pg';
import { moveCheckpoint, takeOver } from '../../shared/idempotency/index.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { createMetrics } from '../../shared/observability/metrics.ts';
import { createDatabase } from '../../shared/postgres/database.ts';
import type { StreamHandler } from '../../shared/stream/batch-handler.ts';
import { createAlerter } from '../../shared/vitals/alerter.ts';
import { lastSleepStatus } from '../../shared/vitals/sleep-store.ts';
import { loadSnapshot, saveSnapshot } from '../../shared/vitals/snapshot-store.ts';
import { loadThresholdBook } from '../../shared/vitals/threshold-book.ts';
import { vitalsHandler } from '../../shared/vitals/vitals-handler.ts';
import type { FencedStore } from '../triggers/stream/checkpoint-store.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { createStreamPublisher } from '../triggers/stream-publisher/stream-publisher.ts';
import { quiet } from './stream-backlog.ts';

const TIMEOUT_MS = 10_000;
/** As the functions' own pool. */
const CONNECTIONS = 10;
/** Five times as often as evaluate-vitals does: a round takes some seconds, and is to have its share of them. */
const SNAPSHOT_EVERY_MS = 1_000;

export interface BenchAlerter {
  readonly handler: StreamHandler;
  readonly fencedStore: FencedStore;
  /** So far. */
  counts(): { readonly alertEvents: number; readonly snapshots: number };
  close(): Promise<void>;
}

/**
 * evaluate-vitals as it runs (shared/vitals/process-alerter.ts): thresholds, sleep and snapshots in Postgres, alerts into a stream;
 * but without a pulse, and its lines are made and not written.
 */
export async function benchAlerter(streamUrl: string, alerts: string, databaseUrl: string): Promise<BenchAlerter> {
  const write = () => undefined;
  const log = createLogger({ service: 'bench', level: 'info', patientIdKey: 'a key for benchmarks only', write });
  const metrics = createMetrics({ service: 'bench', write });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const options = { url: databaseUrl, poolSize: CONNECTIONS, timeoutMs: TIMEOUT_MS, applicationName: 'bench' };
  const database = createDatabase(options);
  const stores = { database, recordMetric: metrics.recordMetric };
  const book = await loadThresholdBook({ ...stores, url: databaseUrl, log });
  const publisher = createStreamPublisher({
    url: streamUrl,
    stream: alerts,
    confirmTimeoutMs: TIMEOUT_MS,
    logger: quiet,
  });
  let alertEvents = 0;
  let snapshots = 0;
  const alerter = createAlerter({
    thresholds: book.view,
    async publish(events) {
      alertEvents += events.length;
      await Promise.all(
        events.map((event) => {
          const content = Buffer.from(JSON.stringify(event));
          const subject = event.patientId;
          const applicationProperties = { eventId: event.eventId };
          return publisher.publish([
            encodeMessage({ content, contentType: 'application/json', subject, applicationProperties }),
          ]);
        }),
      );
    },
    loadSnapshot: (consumer) => loadSnapshot(consumer, stores),
    async saveSnapshot(snapshot) {
      await saveSnapshot(snapshot, stores);
      snapshots += 1;
    },
    lastSleep: (newcomers) => lastSleepStatus(newcomers, stores),
    snapshotEveryMs: SNAPSHOT_EVERY_MS,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
  return {
    handler: vitalsHandler(
      'evaluate-vitals',
      async () => alerter,
      () => ({ log, metrics }),
    ),
    fencedStore: {
      takeOver: (consumer) => takeOver({ pool, consumer, lockTimeoutMs: TIMEOUT_MS }),
      moveCheckpoint: (consumer, epoch, position) => moveCheckpoint({ pool, consumer, epoch, position }),
    },
    counts: () => ({ alertEvents, snapshots }),
    async close() {
      await alerter.idle();
      await Promise.all([publisher.close(), book.close()]);
      await Promise.all([database.close(), pool.end()]);
    },
  };
}
