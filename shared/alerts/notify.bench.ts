import pg from 'pg';
import { type BenchContext, type BenchResult, measureRatio } from '../../localstack/bench/bench-result.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import { recordNotifications } from './notification-list-store.ts';
import type { QueuedMessage } from './notification-store.ts';

/** The stage's batchSize (functions/db-first/functions.yml). */
const BATCH = 100;
const BATCHES_A_ROUND = 10;
const ROUNDS = 5;
const TARGET = 8;
const TIMEOUT_MS = 30_000;
const MS_PER_SECOND = 1_000;

/** Messages in the queue, as a trigger would read them. */
async function queued(pool: pg.Pool, count: number): Promise<QueuedMessage[]> {
  const storedAt = new Date().toISOString();
  const messages = Array.from({ length: count }, () => {
    const { evidence: _, ...facts } = anAlert();
    return { ...facts, storedAt };
  });
  const { rows } = await pool.query<{ id: string }>(`SELECT pgmq.send_batch('db_first_alerts', $1::jsonb[]) AS id`, [
    messages,
  ]);
  return messages.map((message, i) => ({ messageId: rows[i]?.id ?? '', message }));
}

/** Messages a second, one batch after the other, of messages that are queued beforehand. */
async function rateOf(pool: pg.Pool, database: Database, batchSize: number, batches: number): Promise<number> {
  const messages = await queued(pool, batchSize * batches);
  const context = { database, recordMetric: () => undefined };
  const startedAt = performance.now();
  for (let from = 0; from < messages.length; from += batchSize) {
    await recordNotifications(messages.slice(from, from + batchSize), context);
  }
  return (messages.length * MS_PER_SECOND) / (performance.now() - startedAt);
}

/** Notifying in batches against one message at a time, each way in order on one connection. */
export async function run({ databaseUrl }: Pick<BenchContext, 'databaseUrl'>): Promise<BenchResult[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const options = { url: databaseUrl, poolSize: 1, timeoutMs: TIMEOUT_MS, applicationName: 'bench' };
  const database = createDatabase(options);
  const inBatches = () => rateOf(pool, database, BATCH, BATCHES_A_ROUND);
  const oneByOne = () => rateOf(pool, database, 1, BATCH);
  try {
    await inBatches();
    await oneByOne();
    const result = await measureRatio(ROUNDS, inBatches, oneByOne);
    return [
      {
        name: `notify: batches of ${BATCH} against one at a time`,
        target: `≥ ${TARGET} ×`,
        measured: `${result.ratio.toFixed(1)} ×`,
        holds: result.ratio >= TARGET,
        detail: `${result.ours.toFixed(0)}/s in batches, ${result.bare.toFixed(0)}/s one at a time, each a transaction`,
      },
    ];
  } finally {
    await Promise.all([pool.end(), database.close()]);
  }
}
