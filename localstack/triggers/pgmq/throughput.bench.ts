import pg from 'pg';
import { parsePgmqOptions } from './options.ts';
import { startPgmqEventSource } from './pgmq-event-source.ts';

const MESSAGES = 5_000;
const RATIO_TARGET = 0.5;
const quiet = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };

async function fill(pool: pg.Pool, queue: string): Promise<void> {
  await pool.query('SELECT pgmq.create($1::text)', [queue]);
  await pool.query(
    `SELECT pgmq.send_batch($1::text, (SELECT array_agg(jsonb_build_object('id', i, 'kind', 'alert')) FROM generate_series(1, $2::int) AS i))`,
    [queue, MESSAGES],
  );
}

/** Records a second from a full queue to an empty one, with a handler that does nothing. */
async function sourceRate(databaseUrl: string, pool: pg.Pool, batchSize: number): Promise<number> {
  const queue = `bench_batch_${batchSize}`;
  await fill(pool, queue);
  const parsed = parsePgmqOptions({ queue, batchSize }, 6);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  let left = MESSAGES;
  const done = Promise.withResolvers<void>();
  const startedMs = performance.now();
  const source = await startPgmqEventSource({
    name: 'bench',
    pool,
    connect: async () => {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      return client;
    },
    options: parsed.options,
    timeoutMs: 6_000,
    invoke: async (event) => {
      left -= (event as { Records: unknown[] }).Records.length;
      if (left === 0) done.resolve();
    },
    logger: quiet,
  });
  await done.promise;
  await source.stop();
  return (MESSAGES * 1_000) / (performance.now() - startedMs);
}

/** The bare thing: read and delete in a loop on one connection, nothing between. */
async function bareRate(pool: pg.Pool, batchSize: number): Promise<number> {
  const queue = `bench_bare_${batchSize}`;
  await fill(pool, queue);
  const startedMs = performance.now();
  for (let left = MESSAGES; left > 0; ) {
    const { rows } = await pool.query<{ msg_id: string }>('SELECT msg_id FROM pgmq.read($1::text, 30, $2::int)', [
      queue,
      batchSize,
    ]);
    await pool.query('SELECT pgmq.delete($1::text, $2::bigint[])', [queue, rows.map((row) => row.msg_id)]);
    left -= rows.length;
  }
  return (MESSAGES * 1_000) / (performance.now() - startedMs);
}

/** Records a second through the event source, against read and delete in a loop. */
export async function run({ databaseUrl }: { databaseUrl: string }) {
  const pool = new pg.Pool({ connectionString: databaseUrl });
  const results = [];
  for (const batchSize of [1, 10, 100]) {
    const bare = await bareRate(pool, batchSize);
    const ours = await sourceRate(databaseUrl, pool, batchSize);
    results.push({
      name: `pgmq event source, batchSize ${batchSize}`,
      target: `≥ ${RATIO_TARGET} ×`,
      measured: `${(ours / bare).toFixed(2)} ×`,
      holds: ours / bare >= RATIO_TARGET,
      detail: `${Math.round(ours)} records/s against ${Math.round(bare)} for read and delete in a loop`,
    });
  }
  await pool.end();
  return results;
}
