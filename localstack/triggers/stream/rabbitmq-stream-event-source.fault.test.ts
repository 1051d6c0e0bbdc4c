import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOT_TIMEOUT_MS } from '../../testing/broker.ts';
import { testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { silentLogger } from '../silent-logger.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { testProxy } from '../stream-client/test-proxy.ts';
import { createStreamPublisher } from '../stream-publisher/stream-publisher.ts';
import { effectsPool, fencedStoreOf, positionOf } from './test-effects.ts';
import { type KillableBroker, killableBroker } from './test-killable-broker.ts';
import { onStreams } from './test-on-streams.ts';
import { messages, numbers, type StreamEvent, textOf } from './test-source.ts';

const DEADLINE_MS = 60_000;
let broker: KillableBroker;
beforeAll(async () => {
  broker = await killableBroker();
  // RabbitMQ writes down where its streams' coordinator is some time after the first stream: one killed before comes back without.
  await broker.createStream('first');
  await broker.restart();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const { newStream, started } = onStreams(() => broker);

const keys = numbers(0, 8);
const keyed = (from: number, to: number) =>
  numbers(from, to).map((n) => {
    const subject = keys[Number(n) % keys.length] ?? '';
    return encodeMessage({ content: Buffer.from(n), subject });
  });
/** Each text as it came first. */
const firsts = (texts: readonly string[]) => [...new Set(texts)];

function expectAllInOrder(texts: readonly string[], count: number): void {
  const first = firsts(texts);
  expect([...first].sort((a, b) => Number(a) - Number(b))).toEqual(numbers(0, count));
  for (const key of keys) {
    const ofKey = first.map(Number).filter((n) => String(n % keys.length) === key);
    expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
  }
}

test(
  'kill -9 of the broker under load: nothing is lost, first deliveries of a key are in order, the checkpoint is behind all',
  async () => {
    const RECORDS = 6_000;
    const BATCH = 100;
    const stream = await newStream();
    const statuses = new Set<string>();
    const source = await started({ stream, batchSize: 50, parallelizationFactor: 4 }, async () => {
      statuses.add(source.source.health().status);
      await new Promise((resolve) => setImmediate(resolve));
    });
    const publisher = createStreamPublisher({ url: broker.url, stream, name: 'load', logger: silentLogger });
    const load = (async () => {
      for (let from = 0; from < RECORDS; from += BATCH) {
        await publisher.publish(keyed(from, from + BATCH), { deadlineMs: DEADLINE_MS });
      }
    })();
    await source.handled(1_000);
    await broker.kill();
    await eventually('the loss to be seen', () => source.source.health().status === 'reconnecting', DEADLINE_MS);
    await broker.start();
    await load;
    await publisher.close();
    await eventually('all', () => new Set(source.texts()).size === RECORDS, DEADLINE_MS);
    expectAllInOrder(source.texts(), RECORDS);
    expect(source.source.health().status).toBe('running');
    expect(source.events.filter(({ type }) => type === 'recordsLost')).toEqual([]);
    await source.stop();
    await broker.publish(stream, messages('after'));
    const next = await started({ stream });
    await next.handled(1);
    expect(next.texts()).toEqual(['after']);
  },
  BOOT_TIMEOUT_MS,
);

test.each([4_001, 20_003])(
  'a connection cut %i bytes on, amid frames, while a batch is in flight: all comes again, and its outcome moves nothing',
  async (bytes) => {
    const RECORDS = 1_000;
    const stream = await newStream();
    await broker.publish(stream, keyed(0, 1));
    const gate = Promise.withResolvers<void>();
    const proxy = await testProxy(broker.url);
    const source = await started({ stream, batchSize: 10 }, () => gate.promise, { url: proxy.url });
    await source.handled(1);
    proxy.cutAfter(bytes);
    await broker.publish(stream, keyed(1, RECORDS));
    const disconnected = () => source.events.some(({ type }) => type === 'disconnected');
    await eventually('the cut to be seen', disconnected, DEADLINE_MS);
    await source.active(1);
    expect(source.invocations).toHaveLength(1);
    gate.resolve();
    await eventually('all', () => new Set(source.texts()).size === RECORDS, DEADLINE_MS);
    expectAllInOrder(source.texts(), RECORDS);
    // The outcome of the batch that was cut off counted for nothing.
    expect(source.texts().filter((text) => text === '0')).toHaveLength(2);
    await source.stop();
    expect(await broker.storedOffset(stream)).toBeGreaterThanOrEqual(BigInt(RECORDS));
    await proxy.close();
  },
  DEADLINE_MS,
);

test(
  'a broker that falls silent and wakes up: noticed, connected anew, nothing lost',
  async () => {
    const stream = await newStream('before');
    const tuning = { heartbeatS: 1, connectTimeoutMs: 500, requestTimeoutMs: 2_000 };
    const source = await started({ stream }, undefined, { tuning });
    await source.handled(1);
    broker.signal('SIGSTOP');
    try {
      await eventually(
        'the silence to be noticed',
        () => source.source.health().status === 'reconnecting',
        DEADLINE_MS,
      );
    } finally {
      broker.signal('SIGCONT');
    }
    await broker.publish(stream, messages('after'));
    await eventually('what came after', () => source.texts().includes('after'), DEADLINE_MS);
    await eventually('it runs', () => source.source.health().status === 'running', DEADLINE_MS);
  },
  DEADLINE_MS,
);

test(
  'a failure destination that is missing: nothing is skipped, health says why, and it goes on once it is there',
  async () => {
    const stream = await newStream(...numbers(0, 3));
    const source = await started(
      {
        stream,
        batchSize: 1,
        maximumRetryAttempts: 0,
        destinations: { onFailure: `${stream}-dead` },
        retryDelay: { minimum: 0, maximum: 0.1 },
      },
      ({ Records }) => {
        if (Records.some((record) => textOf(record) === '1')) throw new Error('poison');
      },
    );
    await source.handled(3);
    await eventually(
      'health to say so',
      () => source.source.health().lastFailure?.includes('dead letters'),
      DEADLINE_MS,
    );
    expect(await broker.storedOffset(stream)).toBe(1n);
    expect(source.events.filter(({ type }) => type === 'recordDeadLettered')).toEqual([]);
    await broker.createStream(`${stream}-dead`);
    await eventually(
      'the dead letter',
      () => source.events.some(({ type }) => type === 'recordDeadLettered'),
      DEADLINE_MS,
    );
    await eventually('the checkpoint', async () => (await broker.storedOffset(stream)) === 3n, DEADLINE_MS);
    expect(source.source.health()).toMatchObject({ status: 'running' });
    expect(source.texts()).toEqual(['0', '1', '2']);
  },
  DEADLINE_MS,
);

test(
  'a broker that is killed and boots, with the checkpoint in the middle of its last chunk: the partition is not held',
  async () => {
    const stream = await newStream();
    const db = await testDatabase();
    const pool = effectsPool(db.url);
    const overrides = { fencedStore: fencedStoreOf(pool) };
    const gate = Promise.withResolvers<void>();
    const stuck = (event: StreamEvent) =>
      event.Records.some((each) => textOf(each) === '30') ? gate.promise : undefined;
    const source = await started({ stream, checkpoint: 'postgres', batchSize: 1 }, stuck, overrides);
    await broker.publish(stream, messages(...numbers(0, 50)));
    await source.handled(31);
    await eventually('the checkpoint', async () => (await positionOf(pool, `consume/${stream}`)) === 30, DEADLINE_MS);
    for (let time = 1; time <= 3; time += 1) {
      await broker.kill();
      await broker.start();
      const again = () => source.texts().filter((text) => text === '30').length > time;
      await eventually('the record to come again', again, DEADLINE_MS);
    }
    gate.resolve();
    await source.handled(50 + 3);
    expect(source.events.filter(({ type }) => type === 'partitionHeld')).toEqual([]);
    await source.stop();
    await pool.end();
    await db.drop();
  },
  DEADLINE_MS * 2,
);

test.each([
  ['behind a record', ['old']],
  ['in an empty stream', []],
])(
  'LATEST, %s: what comes while nobody is there, before any record was handled, is not lost to the next start',
  async (_, texts) => {
    const stream = await newStream(...texts);
    const first = await started({ stream, startingPosition: 'LATEST' });
    await first.active(1);
    await first.stop();
    await broker.publish(stream, messages('meanwhile'));
    const second = await started({ stream, startingPosition: 'LATEST' });
    await second.handled(1);
    expect(second.texts()).toEqual(['meanwhile']);
  },
  DEADLINE_MS,
);

test(
  'LATEST: nothing is missed between the checkpoint of the start and the first delivery',
  async () => {
    const stream = await newStream('old');
    const fencedStore = {
      takeOver: async () => ({ epoch: 1n, position: undefined }),
      // What comes as soon as the position is known, and before the broker is told it.
      moveCheckpoint: async (_consumer: string, _epoch: bigint, position: bigint) => {
        if (position === 1n) await broker.publish(stream, messages('at once'));
      },
    };
    const options = { stream, startingPosition: 'LATEST', checkpoint: 'postgres' };
    const source = await started(options, undefined, { fencedStore });
    await source.handled(1);
    expect(source.texts()).toEqual(['at once']);
  },
  DEADLINE_MS,
);
