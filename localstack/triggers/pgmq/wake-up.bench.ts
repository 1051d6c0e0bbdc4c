import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { parsePgmqOptions } from './options.ts';
import { startPgmqEventSource } from './pgmq-event-source.ts';

const CONNECTIONS = 16;
const ROUND_MS = 1_500;
const ROUNDS = 5;
const LATENCY_SAMPLES = 100;
/** Longer than the linger, so that each sample finds the source asleep; the result says whether a re-read found it first. */
const BETWEEN_SAMPLES_MS = 30;
const RATIO_TARGET = 0.9;
const LATENCY_TARGET_MS = 10;
const quiet = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };

const NOTIFY_ALWAYS = `
  CREATE FUNCTION bench_notify() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_notify('bench', ''); RETURN NULL; END$$;
  CREATE CONSTRAINT TRIGGER bench AFTER INSERT ON pgmq.q_bench_notify DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bench_notify()`;

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Transactions a second of sending one message each on all connections for one round. */
async function ingestRate(clients: readonly pg.Client[], queue: string): Promise<number> {
  const startedMs = performance.now();
  let sent = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - startedMs < ROUND_MS) {
        await client.query({ name: `send-${queue}`, text: `SELECT pgmq.send('${queue}', '{"a": 1}'::jsonb)` });
        sent += 1;
      }
    }),
  );
  return (sent * 1_000) / (performance.now() - startedMs);
}

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function startSource(databaseUrl: string, queue: string, onBatch: () => void) {
  const pool = new pg.Pool({ connectionString: databaseUrl });
  const parsed = parsePgmqOptions({ queue }, 6);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const woken = { notify: 0, poll: 0 };
  const source = await startPgmqEventSource({
    name: 'bench',
    pool,
    connect: () => connect(databaseUrl),
    options: parsed.options,
    timeoutMs: 6_000,
    invoke: async () => onBatch(),
    logger: quiet,
    observe: (event) => {
      if (event.type === 'woken') woken[event.by] += 1;
    },
  });
  return {
    woken,
    stop: async () => {
      await source.stop();
      await pool.end();
    },
  };
}

/** What the wake-up costs those who insert, and how soon it wakes. */
export async function run({ databaseUrl }: { databaseUrl: string }) {
  // Brings the extension's queues and the trigger into being; stopped, so that nobody sleeps on bench_armed.
  await (await startSource(databaseUrl, 'bench_armed', () => undefined)).stop();
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(databaseUrl)));
  const [first] = clients;
  await first?.query(`SELECT pgmq.create('bench_bare'), pgmq.create('bench_notify')`);
  await first?.query(NOTIFY_ALWAYS);
  const rates: Record<string, number[]> = { bench_bare: [], bench_armed: [], bench_notify: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [queue, seen] of Object.entries(rates)) seen.push(await ingestRate(clients, queue));
  }
  const bare = middle(rates['bench_bare'] ?? []);
  const armed = middle(rates['bench_armed'] ?? []);
  const notify = middle(rates['bench_notify'] ?? []);

  let handled: () => void = () => undefined;
  const source = await startSource(databaseUrl, 'bench_latency', () => handled());
  const latenciesMs: number[] = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample += 1) {
    await delay(BETWEEN_SAMPLES_MS);
    const done = Promise.withResolvers<void>();
    handled = done.resolve;
    const startedMs = performance.now();
    await first?.query(`SELECT pgmq.send('bench_latency', '{"a": 1}'::jsonb)`);
    await done.promise;
    latenciesMs.push(performance.now() - startedMs);
  }
  const { woken } = source;
  await source.stop();
  await Promise.all(clients.map((client) => client.end()));

  const latencyMs = middle(latenciesMs);
  const late = latenciesMs.toSorted((a, b) => a - b)[Math.floor(LATENCY_SAMPLES * 0.95)] ?? Number.NaN;
  return [
    {
      name: 'ingest with the wake-up trigger, nobody asleep',
      target: `≥ ${RATIO_TARGET} ×`,
      measured: `${(armed / bare).toFixed(2)} ×`,
      holds: armed / bare >= RATIO_TARGET,
      detail: `${Math.round(armed)} tx/s against ${Math.round(bare)} without trigger; NOTIFY in each transaction: ${Math.round(notify)}`,
    },
    {
      name: 'insert to handler, idle source (median)',
      target: `< ${LATENCY_TARGET_MS} ms`,
      measured: `${latencyMs.toFixed(1)} ms`,
      holds: latencyMs < LATENCY_TARGET_MS,
      detail: `p95 ${late.toFixed(1)} ms, the commit included; ${woken.notify} woken by notification, ${woken.poll} by a re-read`,
    },
  ];
}
