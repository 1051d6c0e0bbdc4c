import type { SQSEvent } from 'aws-lambda';
import pg from 'pg';
import { queuedAlert } from '../../shared/alerts/alert-message.ts';
import { recordNotifications } from '../../shared/alerts/notification-list-store.ts';
import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { parsePgmqOptions } from '../triggers/pgmq/options.ts';
import { startPgmqEventSource } from '../triggers/pgmq/pgmq-event-source.ts';
import { type BenchContext, type BenchResult, measureRatio } from './bench-result.ts';

const QUEUE = 'db_first_alerts';
const BATCH = 100;
const BATCHED_MESSAGES = 4_000;
const SINGLE_MESSAGES = 400;
const ROUNDS = 3;
const TARGET = 8;
const TIMEOUT_MS = 10_000;
const TIMEOUT_S = 10;
const MS_PER_SECOND = 1_000;
const quiet = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };

/** From the queue through the trigger to recorded notifications: in batches against one message at a time. */
export async function run({ databaseUrl }: BenchContext): Promise<BenchResult[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl });
  const database = createDatabase({ url: databaseUrl, poolSize: 5, timeoutMs: TIMEOUT_MS, applicationName: 'bench' });
  const bench = { databaseUrl, pool, database };
  try {
    const { ratio, ours, bare } = await measureRatio(
      ROUNDS,
      () => drainRate(bench, BATCHED_MESSAGES, { batchSize: BATCH }),
      () => drainRate(bench, SINGLE_MESSAGES, { batchSize: 1, maximumConcurrency: 1 }),
    );
    return [
      {
        name: `pgmq trigger: consume and notify, batches of ${BATCH} against one at a time`,
        target: `≥ ${TARGET} ×`,
        measured: `${ratio.toFixed(1)} ×`,
        holds: ratio >= TARGET,
        detail: `${ours.toFixed(0)} notifications/s against ${bare.toFixed(0)}/s (batchSize 1, maximumConcurrency 1)`,
      },
    ];
  } finally {
    await Promise.all([pool.end(), database.close()]);
  }
}

interface Bench {
  databaseUrl: string;
  pool: pg.Pool;
  database: Database;
}

/** Messages a second from a full queue to the last notification. */
async function drainRate({ databaseUrl, pool, database }: Bench, count: number, options: object): Promise<number> {
  await fill(pool, count);
  const parsed = parsePgmqOptions({ queue: QUEUE, ...options }, TIMEOUT_S);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const context = { database, recordMetric: () => undefined };
  const drained = Promise.withResolvers<void>();
  let left = count;
  const startedAt = performance.now();
  const source = await startPgmqEventSource({
    name: 'bench',
    pool,
    async connect() {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      return client;
    },
    options: parsed.options,
    timeoutMs: TIMEOUT_MS,
    async invoke(event) {
      const { Records } = event as SQSEvent;
      const messages = Records.map(({ messageId, body }) => ({
        messageId,
        message: queuedAlert.parse(JSON.parse(body)),
      }));
      await recordNotifications(messages, context);
      left -= Records.length;
      if (left === 0) drained.resolve();
    },
    logger: quiet,
  });
  await drained.promise;
  const rate = (count * MS_PER_SECOND) / (performance.now() - startedAt);
  await source.stop();
  return rate;
}

async function fill(pool: pg.Pool, count: number): Promise<void> {
  const storedAt = new Date().toISOString();
  const messages = Array.from({ length: count }, () => {
    const { evidence: _, ...facts } = anAlert();
    return { ...facts, storedAt, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  });
  await pool.query('SELECT pgmq.send_batch($1, $2::jsonb[])', [QUEUE, messages]);
}
