import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { SQSRecord } from 'aws-lambda';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  type Invocation,
  messagesIn,
  pgmqOptions,
  send,
  type TestSource,
  type TestSourceSettings,
  testSource,
} from './test-source.ts';

const LONG_POLL_MS = 60_000;

let db: TestDatabase;
let admin: pg.Client;
let open: TestSource[] = [];
let queue: string;
let queues = 0;

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
  admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
});
beforeEach(() => {
  queues += 1;
  queue = `faults_${queues}`;
});
afterEach(async () => {
  await Promise.all(open.map((source) => source.close()));
  open = [];
});
afterAll(async () => {
  await admin.end();
  await db.drop();
});

async function started(settings: Partial<TestSourceSettings> & { options?: Record<string, unknown> } = {}) {
  const source = await testSource({ url: db.url, ...settings, options: { queue, ...settings.options } });
  open.push(source);
  return source;
}
const emptied = (deadlineMs?: number) =>
  eventually(`queue ${queue} to be empty`, async () => (await messagesIn(db.pool, queue)).length === 0, deadlineMs);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const databaseName = () => new URL(db.url).pathname.slice(1);
const linesAt = (source: TestSource, level: string) => source.logger.lines.filter((line) => line.level === level);
const asleep = () =>
  eventually('a consumer to sleep', async () => {
    const { rows } = await db.pool.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted
      AND objid = (hashtext($1)::bigint & 4294967295)::oid AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [queue],
    );
    return rows.length > 0;
  });

test('the connection that creates the queue is cut while it waits: the process lives, and the next one creates it', async () => {
  const way = await cuttableWay(new URL(db.url));
  // Whoever creates queues waits for this lock (ensure-queue.ts).
  const holder = new pg.Client({ connectionString: db.url });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock(1886809457, 1)');
  await started({ url: way.url });
  await eventually('a connection that waits', async () => {
    const { rows } = await holder.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return rows.length > 0;
  });
  way.cut();
  await holder.query('SELECT pg_advisory_unlock(1886809457, 1)');
  await holder.end();
  await eventually('the queue', async () => {
    const { rows } = await db.pool.query('SELECT FROM pgmq.meta WHERE queue_name = $1', [queue]);
    return rows.length > 0;
  });
  await send(db.pool, queue, [{ n: 1 }]);
  await emptied();
  way.close();
});

/** A way to the database whose connections can all be cut, without a word of the server's. */
async function cuttableWay(to: URL) {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(to);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = () => {
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return { url: through.href, cut, close: () => server.close() };
}

test('the LISTEN backend is terminated: it is made again and still wakes', async () => {
  const source = await started({ overrides: { pollIntervalMs: LONG_POLL_MS } });
  await asleep();
  const { rows } = await db.pool.query<{ pid: number }>(`SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'wake-up' AND datname = current_database()`);
  expect(rows).toHaveLength(1);
  await eventually('the reconnection', () => source.events.some(({ type }) => type === 'reconnected'));
  await asleep();
  await send(db.pool, queue, ['after']);
  await source.handled(1, 5_000);
  expect(linesAt(source, 'warn')).toHaveLength(1);
  expect(linesAt(source, 'info').map(({ message }) => message)).toContain(
    'event source reaches what it reads from again',
  );
});

test('the database goes away in the middle of a batch: outcomes are written when it is back, nothing is handled twice', async () => {
  const gate = Promise.withResolvers<void>();
  const source = await started({ handler: () => gate.promise });
  await send(db.pool, queue, numbers(20));
  await source.handled(20);
  await admin.query(`ALTER DATABASE ${databaseName()} ALLOW_CONNECTIONS false`);
  try {
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [databaseName()]);
    gate.resolve();
    await eventually('the outage to be noticed', () => source.source.health().status === 'reconnecting');
    await eventually('several vain attempts', () => linesAt(source, 'debug').length >= 4);
  } finally {
    await admin.query(`ALTER DATABASE ${databaseName()} ALLOW_CONNECTIONS true`);
  }
  await emptied(25_000);
  await eventually('the source to run', () => source.source.health().status === 'running', 25_000);
  expect(source.invocations.flatMap(({ records }) => records)).toHaveLength(20);
  expect(linesAt(source, 'warn')).toHaveLength(1);
  expect(
    linesAt(source, 'info').filter(({ message }) => message === 'event source reaches what it reads from again'),
  ).toHaveLength(1);
  // A busy loop would have tried thousands of times.
  expect(linesAt(source, 'debug').length).toBeLessThan(200);
  await send(db.pool, queue, ['after']);
  await source.handled(21);
}, 60_000);

describe('two consumers share a queue', () => {
  const overlaps = (invocations: readonly Invocation[]) => {
    const byMessage = Map.groupBy(
      invocations.flatMap((invocation) => invocation.records.map(({ messageId }) => ({ messageId, invocation }))),
      ({ messageId }) => messageId,
    );
    return [...byMessage.values()].flatMap((times) =>
      times.filter(({ invocation: a }) =>
        times.some(
          ({ invocation: b }) => a !== b && a.startedMs <= b.startedMs && b.startedMs < (a.endedMs ?? Infinity),
        ),
      ),
    ).length;
  };
  const brief = () => new Promise<void>((resolve) => setImmediate(resolve));

  test('no message is handled twice', async () => {
    const both = await Promise.all([started({ handler: brief }), started({ handler: brief })]);
    for (let round = 0; round < 10; round += 1) await send(db.pool, queue, numbers(50));
    await emptied();
    const invocations = both.flatMap((source) => source.invocations);
    expect(invocations.flatMap(({ records }) => records)).toHaveLength(500);
    expect(overlaps(invocations)).toBe(0);
    expect(Math.min(...both.map((source) => source.invocations.length))).toBeGreaterThan(0);
  });

  test('mutant: with a visibility timeout shorter than the handler messages overlap', async () => {
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 1_500));
    const options = pgmqOptions({ queue, visibilityTimeout: 1 }, 1);
    const both = await Promise.all([0, 1].map(() => started({ handler: slow, overrides: { options } })));
    await send(db.pool, queue, numbers(5));
    await eventually('an overlap', () => overlaps(both.flatMap((source) => source.invocations)) > 0);
  });
});

test('a poison record ends in the dead letters with its error; those behind it are not held up, those beside it succeed', async () => {
  const source = await started({
    options: { retryDelay: { minimum: 1, maximum: 1 }, maximumRetryAttempts: 2 },
    handler: (records: readonly SQSRecord[]) => {
      if (records.some(({ body }) => body === '"poison"'))
        throw Object.assign(new Error('cannot be digested'), { code: 'POISON' });
    },
  });
  await send(db.pool, queue, ['poison', ...numbers(100)]);
  await emptied();
  const letters = await messagesIn(db.pool, `${queue}_dlq`);
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({ message: 'poison', headers: { error: { code: 'POISON' }, attempts: 3 } });
  const [first, ...later] = source.invocations.filter(({ records }) => records.some(({ body }) => body === '"poison"'));
  const beside = new Set(first?.records.map(({ messageId }) => messageId));
  const behind = source.invocations.filter(({ records }) => !records.some(({ messageId }) => beside.has(messageId)));
  expect(behind.flatMap(({ records }) => records)).toHaveLength(101 - beside.size);
  for (const { startedMs } of behind) expect(startedMs).toBeLessThan(later[0]?.startedMs ?? 0);
  expect(later.at(-1)?.records).toHaveLength(1);
});

describe('drain', () => {
  test('handlers in flight finish and their outcomes are applied; what was not read stays', async () => {
    const gate = Promise.withResolvers<void>();
    const source = await started({ options: { batchSize: 2, maximumConcurrency: 2 }, handler: () => gate.promise });
    await send(db.pool, queue, numbers(10));
    await source.handled(4);
    const stops = [source.source.stop({ deadlineMs: 5_000 }), source.source.stop()];
    expect(source.source.health().status).toBe('draining');
    gate.resolve();
    await Promise.all(stops);
    expect(source.source.health().status).toBe('stopped');
    const left = await messagesIn(db.pool, queue);
    expect(left.map(({ read_ct }) => read_ct)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(source.invocations).toHaveLength(2);
    const { rows } = await db.pool.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'wake-up' AND datname = current_database()`,
    );
    expect(rows).toEqual([]);
  });

  test('records that were gathering are given back at once, the attempt uncounted', async () => {
    const source = await started({ options: { batchSize: 100, maximumBatchingWindow: 20 } });
    await send(db.pool, queue, numbers(3));
    await eventually('the records to gather', () => source.source.health().recordsWaiting === 3);
    await source.source.stop();
    const { rows } = await db.pool.query(`SELECT read_ct FROM pgmq.read($1::text, 0, 10)`, [queue]);
    expect(rows).toEqual([{ read_ct: 1 }, { read_ct: 1 }, { read_ct: 1 }]);
    expect(source.invocations).toEqual([]);
  });

  test('a handler that hangs does not hold it up past the deadline', async () => {
    const source = await started({ handler: () => new Promise(() => undefined) });
    await send(db.pool, queue, ['stuck']);
    await source.handled(1);
    const startedMs = performance.now();
    await source.source.stop({ deadlineMs: 300 });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(linesAt(source, 'warn')).toMatchObject([{ fields: { messageIds: ['1'] } }]);
    expect(await messagesIn(db.pool, queue)).toHaveLength(1);
  });
});
