import type { SQSRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { messagesIn, send, type TestSource, type TestSourceSettings, testSource } from './test-source.ts';

let db: TestDatabase;
let open: TestSource[] = [];
let queue: string;
let queues = 0;

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
});
beforeEach(() => {
  queues += 1;
  queue = `orders_${queues}`;
});
afterEach(async () => {
  await Promise.all(open.map((source) => source.close()));
  open = [];
});
afterAll(() => db.drop());

async function started(settings: Partial<TestSourceSettings> & { options?: Record<string, unknown> } = {}) {
  const source = await testSource({ url: db.url, ...settings, options: { queue, ...settings.options } });
  open.push(source);
  return source;
}
const emptied = (name = queue) =>
  eventually(`queue ${name} to be empty`, async () => (await messagesIn(db.pool, name)).length === 0);

test('a message reaches the handler as SQS would hand it over, and is deleted', async () => {
  const source = await started();
  await db.pool.query(
    `SELECT pgmq.send($1::text, '{"kind": "alert", "big": 9007199254740993}'::jsonb, '{"traceparent": "00-a", "n": 1}'::jsonb)`,
    [queue],
  );
  await source.handled(1);
  await emptied();
  const record = source.invocations[0]?.records[0];
  expect(record).toMatchObject({
    messageId: '1',
    body: '{"big": 9007199254740993, "kind": "alert"}',
    attributes: { ApproximateReceiveCount: '1', SenderId: 'pgmq' },
    messageAttributes: {
      traceparent: { stringValue: '00-a', dataType: 'String' },
      n: { stringValue: '1', dataType: 'Number' },
    },
    md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
    awsRegion: 'local',
    receiptHandle: expect.stringMatching(/^1:1:\d{16}$/),
  });
  const sentMs = Number(record?.attributes.SentTimestamp);
  expect(Math.abs(Date.now() - sentMs)).toBeLessThan(60_000);
});

test.each([
  ['jsonb null', `'null'::jsonb`, `NULL::jsonb`],
  ['SQL null', `NULL::jsonb`, `'{}'::jsonb`],
  ['a scalar', `'42'::jsonb`, `'"text"'::jsonb`],
  ['a string', `'"text"'::jsonb`, `'[1, 2]'::jsonb`],
  ['a proto key', `'{"__proto__": {"polluted": true}}'::jsonb`, `'{"__proto__": "x", "constructor": null}'::jsonb`],
  ['a megabyte', `to_jsonb(repeat('x', 1000000))`, `'null'::jsonb`],
  ['over the payload limit', `to_jsonb(repeat('x', 7000000))`, `'false'::jsonb`],
])('survives %s and hands it over as text', async (_name, message, headers) => {
  const source = await started({ options: { filterPatterns: [{ messageId: [{ exists: true }] }] } });
  await db.pool.query(`SELECT pgmq.send($1::text, ${message}, ${headers})`, [queue]);
  await source.handled(1);
  await emptied();
  const record = source.invocations[0]?.records[0];
  expect(() => JSON.parse(record?.body ?? '')).not.toThrow();
  for (const attribute of Object.values(record?.messageAttributes ?? {}))
    expect(typeof attribute.stringValue).toBe('string');
});

describe('outcomes', () => {
  test('only the listed records come back; the others are deleted', async () => {
    const source = await started({
      options: {
        functionResponseType: 'ReportBatchItemFailures',
        maximumRetryAttempts: 1,
        retryDelay: { minimum: 0, maximum: 0 },
      },
      handler: (records) => ({
        batchItemFailures: records
          .filter(({ body }) => body === '"bad"')
          .map(({ messageId }) => ({ itemIdentifier: messageId })),
      }),
    });
    await send(db.pool, queue, ['good', 'bad', 'fine']);
    await eventually('the dead letter', async () => (await messagesIn(db.pool, `${queue}_dlq`)).length === 1);
    await emptied();
    const attempts = source.invocations.flatMap(({ records }) => records.map(({ body }) => body));
    expect(attempts.sort()).toEqual(['"bad"', '"bad"', '"fine"', '"good"']);
  });

  test('without functionResponseType a resolved handler has done all, whatever it returns', async () => {
    await started({
      handler: (records) => ({ batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) }),
    });
    await send(db.pool, queue, ['a', 'b']);
    await emptied();
    expect(await messagesIn(db.pool, `${queue}_dlq`)).toEqual([]);
  });

  test('a record given up on is a dead letter that says why', async () => {
    const source = await started({
      options: { maximumRetryAttempts: 2, retryDelay: { minimum: 0, maximum: 0 } },
      handler: () => {
        throw Object.assign(new TypeError('no such ward \u0000\uD800'), { code: 'WARD_UNKNOWN' });
      },
    });
    await db.pool.query(`SELECT pgmq.send($1::text, '{"ward": 9}'::jsonb, '{"traceparent": "00-a"}'::jsonb)`, [queue]);
    const [letter] = await eventually('the dead letter', async () => {
      const letters = await messagesIn(db.pool, `${queue}_dlq`);
      return letters.length > 0 && letters;
    });
    expect(letter?.message).toEqual({ ward: 9 });
    expect(letter?.headers).toMatchObject({
      error: { code: 'WARD_UNKNOWN', name: 'TypeError', message: 'no such ward \uFFFD\uFFFD' },
      sourceQueue: queue,
      messageId: '1',
      attempts: 3,
      headers: { traceparent: '00-a' },
      enqueuedAt: expect.any(String),
      deadLetteredAt: expect.any(String),
    });
    expect(source.invocations).toHaveLength(3);
    expect(await messagesIn(db.pool, queue)).toEqual([]);
    expect(source.events.filter(({ type }) => type === 'recordDeadLettered')).toMatchObject([
      { code: 'WARD_UNKNOWN', attempt: 3 },
    ]);
  });

  test('a message received more often than it may be attempted is not invoked', async () => {
    await db.pool.query('SELECT pgmq.create($1::text)', [queue]);
    await send(db.pool, queue, ['deadly']);
    await db.pool.query(`UPDATE pgmq.q_${queue} SET read_ct = 5`);
    const source = await started();
    await eventually('the dead letter', async () => (await messagesIn(db.pool, `${queue}_dlq`)).length === 1);
    expect(source.invocations).toEqual([]);
  });

  test('a handler that hangs is given up on at its time-out and does not keep its place', async () => {
    let hang = true;
    const source = await started({
      timeoutMs: 1_000,
      options: { maximumConcurrency: 1, batchSize: 1, visibilityTimeout: 2, retryDelay: { minimum: 0, maximum: 0 } },
      handler: () => {
        if (!hang) return undefined;
        hang = false;
        return new Promise(() => undefined);
      },
    });
    await send(db.pool, queue, ['first', 'second']);
    await emptied();
    expect(source.events.filter((event) => event.type === 'batchInvoked' && event.outcome === 'timedOut')).toHaveLength(
      1,
    );
  });

  test('a message that the handler deleted in its own transaction needs nothing more', async () => {
    const source = await started({
      handler: async ([record]) => {
        await db.pool.query('SELECT pgmq.delete($1::text, $2::bigint)', [queue, record?.messageId]);
      },
      options: { batchSize: 1 },
    });
    await send(db.pool, queue, ['x']);
    await source.handled(1);
    await emptied();
    await eventually('the invocation to be settled', () => source.source.health().invocationsInFlight === 0);
    expect(source.logger.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  test('messages the filter does not want are deleted unseen', async () => {
    const source = await started({ options: { filterPatterns: [{ body: { kind: ['alert'] } }] } });
    await send(db.pool, queue, [{ kind: 'vitals' }, { kind: 'alert' }, 'text', null]);
    await emptied();
    expect(source.invocations.flatMap(({ records }) => records.map(({ body }) => body))).toEqual(['{"kind": "alert"}']);
  });
});

describe('what failed was not the record', () => {
  const quickly = { maximumRetryAttempts: 1, retryDelay: { minimum: 0, maximum: 0.05 } };
  const away = { retriable: true, name: 'TransientError', code: 'database_slow', message: 'away' };

  test.each([
    ['thrown', () => Promise.reject(Object.assign(new Error('away'), away))],
    [
      'listed',
      (records: readonly SQSRecord[]) => ({
        batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId, error: away })),
      }),
    ],
  ])('a retriable error, %s, uses up no attempt', async (_how, failing: (records: readonly SQSRecord[]) => unknown) => {
    let calls = 0;
    const options = { ...quickly, functionResponseType: 'ReportBatchItemFailures' };
    const source = await started({ options, handler: (records) => (++calls <= 6 ? failing(records) : undefined) });
    await send(db.pool, queue, ['patient']);
    await emptied();
    expect(calls).toBe(7);
    expect(source.invocations.every(({ records }) => records[0]?.attributes.ApproximateReceiveCount === '1')).toBe(
      true,
    );
    expect(await messagesIn(db.pool, `${queue}_dlq`)).toEqual([]);
  });
});

describe('batches', () => {
  test('gather until batchSize while the window is open', async () => {
    const source = await started({ options: { batchSize: 4, maximumBatchingWindow: 20, visibilityTimeout: 30 } });
    for (const body of ['a', 'b', 'c', 'd']) await send(db.pool, queue, [body]);
    await source.handled(4);
    expect(source.invocations.map(({ records }) => records.length)).toEqual([4]);
  });

  test('a window that ends invokes with what there is', async () => {
    const source = await started({ options: { batchSize: 100, maximumBatchingWindow: 1 } });
    await send(db.pool, queue, ['a', 'b']);
    await source.handled(2);
    expect(source.invocations.map(({ records }) => records.length)).toEqual([2]);
  });

  test('no more invocations at a time than maximumConcurrency, and nothing read that cannot be run', async () => {
    const gate = Promise.withResolvers<void>();
    const source = await started({ options: { batchSize: 2, maximumConcurrency: 2 }, handler: () => gate.promise });
    await send(db.pool, queue, [1, 2, 3, 4, 5, 6, 7]);
    await source.handled(4);
    const health = source.source.health();
    expect(health).toMatchObject({ invocationsInFlight: 2, recordsWaiting: 0, status: 'running' });
    expect((await messagesIn(db.pool, queue)).filter(({ read_ct }) => read_ct > 0)).toHaveLength(4);
    gate.resolve();
    await emptied();
  });
});

test('many replicas that start at once set the queue up once', async () => {
  const sources = await Promise.all(Array.from({ length: 4 }, () => started()));
  await send(db.pool, queue, [1, 2, 3]);
  await emptied();
  expect(sources.flatMap(({ invocations }) => invocations.flatMap(({ records }) => records))).toHaveLength(3);
});

test('an idle source is woken by the commit, and only then told of it', async () => {
  const source = await started({ overrides: { pollIntervalMs: 60_000 } });
  for (const body of ['first', 'second', 'third']) {
    // Asleep for good: past the re-reads, so only a notification can wake it before the next poll, a minute away.
    await eventually('the source to sleep', async () => {
      const { rows } = await db.pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      return rows.length > 0;
    });
    await send(db.pool, queue, [body]);
    await emptied();
  }
  expect(source.invocations).toHaveLength(3);
});

test('a delayed message wakes the source when it becomes visible, not at the next poll', async () => {
  const source = await started({ overrides: { pollIntervalMs: 60_000 } });
  await db.pool.query(`SELECT pgmq.send($1::text, '1'::jsonb, 1)`, [queue]);
  await source.handled(1, 5_000);
});
