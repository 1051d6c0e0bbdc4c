import { DeleteStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/delete_stream_request.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOT_TIMEOUT_MS } from '../../testing/broker.ts';
import { testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import { effectsPool, fencedStoreOf, positionOf } from './test-effects.ts';
import { type KillableBroker, killableBroker } from './test-killable-broker.ts';
import { onStreams } from './test-on-streams.ts';
import { messages, numbers, type TestSource, textOf } from './test-source.ts';

const DEADLINE_MS = 40_000;
const TEST_TIMEOUT_MS = 120_000;
const MIB = 1024 * 1024;
const INVOCATION_MAX_BYTES = 6 * MIB;
let broker: KillableBroker;
beforeAll(async () => {
  broker = await killableBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const { newStream, newStreamWith, started } = onStreams(() => broker, { timeoutMs: DEADLINE_MS });

const losses = ({ events }: TestSource) =>
  events.flatMap((event) => (event.type === 'recordsLost' ? [event.records] : []));
const firstOffset = (stream: string) =>
  broker.within(async (client) => (await streamStatistics(client, stream)).firstOffset ?? 0n);

test(
  'a stream that was made anew below its checkpoint is not read on from there in silence',
  async () => {
    const stream = await newStream();
    const db = await testDatabase();
    const pool = effectsPool(db.url);
    const overrides = { fencedStore: fencedStoreOf(pool) };
    const options = { stream, checkpoint: 'postgres' };
    await broker.publish(stream, messages(...numbers(0, 50)));
    const first = await started(options, undefined, overrides);
    await first.handled(50);
    await first.stop();
    await broker.within((client) => client.request(new DeleteStreamRequest(stream)));
    await broker.createStream(stream, {});
    await broker.publish(stream, messages('anew'));
    const second = await started(options, undefined, overrides);
    await eventually('the reason', () => second.source.health().lastFailure?.includes('past the end'), DEADLINE_MS);
    expect(second.source.health()).toMatchObject({ status: 'reconnecting', partitions: [] });
    expect(second.logger.lines.map(({ level }) => level)).toContain('error');
    const [, statement = ''] = /then run (UPDATE .*), and start/.exec(second.source.health().lastFailure ?? '') ?? [];
    await second.stop();
    await pool.query(statement);
    const third = await started(options, undefined, overrides);
    await third.handled(1);
    expect(third.texts()).toEqual(['anew']);
    await pool.end();
    await db.drop();
  },
  TEST_TIMEOUT_MS,
);

describe('retention', () => {
  const SMALL = { 'max-length-bytes': 2 * MIB, 'stream-max-segment-size-bytes': MIB / 2 };
  const RECORD_BYTES = 2_000;
  const PUBLISH = 500;
  /** Each begins with its number; segments are removed when the next one begins. */
  async function publish(stream: string, from: number, to: number): Promise<void> {
    for (let n = from; n < to; n += PUBLISH) {
      const texts = numbers(n, n + PUBLISH).map((text) => `${text} `.padEnd(RECORD_BYTES, '.'));
      await broker.publish(stream, messages(...texts));
    }
  }
  const numbersOf = ({ texts }: TestSource) => texts().map((text) => Number(text.split(' ')[0]));

  test(
    'has removed the head, below the checkpoint in Postgres: counted, logged as an error, and read on from where the stream begins',
    async () => {
      const stream = await newStreamWith(SMALL);
      const db = await testDatabase();
      const pool = effectsPool(db.url);
      const options = { stream, checkpoint: 'postgres' };
      const overrides = { fencedStore: fencedStoreOf(pool) };
      await publish(stream, 0, PUBLISH);
      const before = await started(options, undefined, overrides);
      await before.handled(PUBLISH);
      await before.stop();
      expect(await positionOf(pool, `consume/${stream}`)).toBe(PUBLISH);
      await publish(stream, PUBLISH, 20 * PUBLISH);
      await eventually('retention', async () => (await firstOffset(stream)) > 10n * BigInt(PUBLISH), DEADLINE_MS);
      const head = await firstOffset(stream);
      const second = await started(options, undefined, overrides);
      await eventually('all that is left', () => numbersOf(second).at(-1) === 20 * PUBLISH - 1, DEADLINE_MS);
      await eventually('the loss', () => losses(second).length > 0, DEADLINE_MS);
      const first = second.invocations[0]?.Records[0]?.kinesis.sequenceNumber;
      // Retention may go on after that look at the stream.
      expect(Number(first)).toBeGreaterThanOrEqual(Number(head));
      expect(losses(second)).toEqual([Number(first) - PUBLISH]);
      const errors = second.logger.lines.filter(({ level }) => level === 'error');
      expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('records lost')]);
      await second.stop();
      await pool.end();
      await db.drop();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'overtakes a slow consumer that is active: what it never got is counted, neither less nor more than the broker’s own entries',
    async () => {
      const stream = await newStreamWith(SMALL);
      const gate = Promise.withResolvers<void>();
      const source = await started({ stream }, () => gate.promise);
      await publish(stream, 0, 30 * PUBLISH);
      await eventually('retention', async () => (await firstOffset(stream)) > 20n * BigInt(PUBLISH), DEADLINE_MS);
      gate.resolve();
      await eventually('the end', () => numbersOf(source).at(-1) === 30 * PUBLISH - 1, DEADLINE_MS);
      const missing = 30 * PUBLISH - new Set(numbersOf(source)).size;
      expect(missing).toBeGreaterThan(0);
      const lost = () => losses(source).reduce((sum, records) => sum + records, 0);
      await eventually('the count', () => lost() >= missing, DEADLINE_MS);
      expect(lost()).toBeLessThanOrEqual(missing + 100);
    },
    TEST_TIMEOUT_MS,
  );
});

test(
  'bodies of a megabyte: no invocation is larger than 6 MB, nothing is left out, and what waits in memory is bounded',
  async () => {
    const RECORDS = 60;
    const stream = await newStream();
    for (let n = 0; n < RECORDS; n += 10) {
      const texts = numbers(n, n + 10).map((text) => `${text} `.padEnd(1_000_000, '.'));
      await broker.publish(stream, messages(...texts));
    }
    const gate = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const source = await started({ stream }, async (event) => {
      sizes.push(Buffer.byteLength(JSON.stringify(event)));
      await gate.promise;
    });
    await source.handled(1);
    // The lane is stuck; the client goes on until the machine has enough.
    const waiting = () => source.source.health().recordsWaiting;
    await eventually('the hand to be full', () => waiting() >= 12, DEADLINE_MS);
    expect(waiting()).toBeLessThan(30);
    gate.resolve();
    await source.handled(RECORDS);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(INVOCATION_MAX_BYTES);
    expect(sizes.length).toBeLessThan(RECORDS);
    expect(source.texts().map((text) => text.split(' ')[0])).toEqual(numbers(0, RECORDS));
  },
  TEST_TIMEOUT_MS,
);

test(
  'hostile responses fail their batch, or are no failure; the worker lives on',
  async () => {
    const stream = await newStream();
    await broker.publish(stream, messages(...numbers(0, 3)));
    const thrower = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    );
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const responses: unknown[] = [
      thrower,
      revoked.proxy,
      { batchItemFailures: revoked.proxy },
      {
        get batchItemFailures() {
          throw thrower;
        },
      },
      { batchItemFailures: new Array(1_000_000).fill({ itemIdentifier: 'x'.repeat(100) }) },
      { batchItemFailures: [{ itemIdentifier: '0', error: thrower }] },
      { batchItemFailures: [{ itemIdentifier: { toString: () => '0' } }] },
      Symbol('response'),
      10n,
    ];
    const expected = responses.length;
    const options = {
      stream,
      batchSize: 3,
      maximumBatchingWindow: 5,
      functionResponseType: 'ReportBatchItemFailures',
      retryDelay: { minimum: 0, maximum: 0.01 },
    };
    const source = await started(options, ({ Records }) => {
      if (
        textOf(
          Records[0] ??
            (() => {
              throw new Error('no record');
            })(),
        ) === 'end'
      )
        return undefined;
      return responses.shift();
    });
    await eventually('all responses', () => source.invocations.length > expected, DEADLINE_MS);
    await broker.publish(stream, messages('end'));
    await eventually('the end', () => source.texts().includes('end'), DEADLINE_MS);
    expect(source.invocations.slice(0, expected).every(({ Records }) => Records.length === 3)).toBe(true);
  },
  TEST_TIMEOUT_MS,
);

test(
  'empty bodies and properties of any name and size arrive; a filter that nothing passes keeps nothing in hand',
  async () => {
    const stream = await newStream();
    const properties = { constructor: 'c', toString: 't', huge: 'x'.repeat(300_000), ['__proto__']: 'p' };
    await broker.publish(stream, [
      encodeMessage({ content: Buffer.alloc(0), applicationProperties: properties }),
      encodeMessage({ content: Buffer.alloc(0) }),
    ]);
    const source = await started({ stream });
    await source.handled(2);
    const [first, second] = source.invocations.flatMap(({ Records }) => Records);
    expect(Object.entries(first?.messageAttributes ?? {}).sort()).toEqual(Object.entries(properties).sort());
    expect(second?.messageAttributes).toEqual({});
    expect(second?.kinesis.data).toBe('');
    await broker.publish(stream, messages(...numbers(0, 5_000)));
    const nothing = { stream, filterPatterns: [{ data: { kind: ['none'] } }] };
    const filtering = await started(nothing, undefined, { name: 'filtering' });
    const checkpoint = async () => (await broker.storedOffset(stream, 'filtering')) ?? 0n;
    await eventually('the checkpoint', async () => (await checkpoint()) >= 5_002n, DEADLINE_MS);
    expect(filtering.source.health().recordsWaiting).toBe(0);
    expect(filtering.invocations).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);
