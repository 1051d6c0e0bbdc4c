import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { StreamRecord } from './delivery-queue.ts';
import { encodeMessage } from './encode-message.ts';
import { lagRecords, queryOffset, storeOffset, streamStatistics } from './offsets.ts';
import { consumePartition } from './partition.ts';
import { declarePublisher } from './publisher.ts';
import { BOOT_TIMEOUT_MS, contentOf, streamBroker, type TestStreamBroker } from './test-stream-broker.ts';

const DEADLINE_MS = 60_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => encodeMessage({ content: Buffer.from(String(from + index)) }));
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));
const plain = { consumerName: 'reader', singleActive: false } as const;

test('all records come in order, each with its offset, its time and what was published', async () => {
  await broker.createStream('ordered');
  const sentMs = Date.now();
  const first = encodeMessage({
    content: Buffer.from('0'),
    contentType: 'application/json',
    subject: 'vitals',
    applicationProperties: { traceparent: '00-é' },
  });
  await broker.publish('ordered', [first, ...numbered(1, 5_000)]);
  const client = await broker.connect();
  const records: StreamRecord[] = [];
  await consumePartition({
    ...plain,
    client,
    stream: 'ordered',
    offset: 'first',
    onRecord: (r) => void records.push(r),
  });
  await eventually('5000 records', () => records.length === 5_000, DEADLINE_MS);
  expect(records.map(contentOf)).toEqual(numbers(0, 5_000));
  expect(records.map(({ offset }) => Number(offset))).toEqual(numbers(0, 5_000).map(Number));
  expect(Math.abs((records[0]?.timestampMs ?? 0) - sentMs)).toBeLessThan(DEADLINE_MS);
  expect(records[0]?.message).toMatchObject({
    properties: { contentType: 'application/json', subject: 'vitals' },
    applicationProperties: new Map([['traceparent', '00-é']]),
  });
});

test('delivery starts exactly at an offset, in the middle of a chunk too, at a time, and at the end', async () => {
  await broker.createStream('starts');
  await broker.publish('starts', numbered(0, 100));
  const client = await broker.connect();
  const seen: Record<string, string[]> = { at: [], since: [], next: [] };
  const read = (name: string, offset: 'next' | bigint | Date) =>
    consumePartition({
      ...plain,
      client,
      stream: 'starts',
      offset,
      onRecord: (record) => void seen[name]?.push(contentOf(record)),
    });
  await Promise.all([read('at', 42n), read('since', new Date(0)), read('next', 'next')]);
  await broker.publish('starts', numbered(100, 110));
  await eventually('the last record thrice', () => Object.values(seen).every((all) => all.at(-1) === '109'));
  expect(seen).toEqual({ at: numbers(42, 110), since: numbers(0, 110), next: numbers(100, 110) });
});

test('a paused consumer gets nothing, and holds the broker back; resumed, it misses nothing', async () => {
  await broker.createStream('paused');
  const client = await broker.connect();
  const seen: string[] = [];
  let chunks = 0;
  const { addSubscriber } = client.routes;
  const counting: typeof client.routes = Object.assign(Object.create(client.routes), {
    addSubscriber: (subscriber: Parameters<typeof addSubscriber>[0]) =>
      client.routes.addSubscriber({
        ...subscriber,
        onChunk(chunk) {
          chunks += 1;
          subscriber.onChunk(chunk);
        },
      }),
  });
  const consumer = await consumePartition({
    ...plain,
    client: { ...client, routes: counting },
    stream: 'paused',
    offset: 'first',
    credits: 2,
    onRecord(record) {
      seen.push(contentOf(record));
      if (seen.length === 3) consumer.pause();
    },
  });
  for (let batch = 0; batch < 20; batch += 1) await broker.publish('paused', numbered(batch * 10, batch * 10 + 10));
  // A request is answered after whatever the broker has sent before it.
  await streamStatistics(client, 'paused');
  expect(seen).toEqual(numbers(0, 3));
  expect(chunks).toBeLessThanOrEqual(2);
  consumer.resume();
  await eventually('200 records', () => seen.length === 200);
  expect(seen).toEqual(numbers(0, 200));
});

test('a record that takes its time holds the next ones up, and nothing comes after close', async () => {
  await broker.createStream('slow');
  await broker.publish('slow', numbered(0, 10));
  const client = await broker.connect();
  const gates = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
  const begun: string[] = [];
  const consumer = await consumePartition({
    ...plain,
    client,
    stream: 'slow',
    offset: 'first',
    async onRecord(record) {
      begun.push(contentOf(record));
      await gates[Number(record.offset)]?.promise;
    },
  });
  await eventually('the first record', () => begun.length === 1);
  gates[0]?.resolve();
  await eventually('the second record', () => begun.length === 2);
  const closed = consumer.close();
  for (const gate of gates) gate.resolve();
  await closed;
  await streamStatistics(client, 'slow');
  expect(begun).toEqual(['0', '1']);
});

test(
  'an id is free again: a thousand consumers and publishers one after the other on one client',
  async () => {
    await broker.createStream('ids');
    const client = await broker.connect();
    for (let round = 0; round < 500; round += 1) {
      const consumer = await consumePartition({
        ...plain,
        client,
        stream: 'ids',
        offset: 'next',
        onRecord: () => undefined,
      });
      const publisher = await declarePublisher({ client, stream: 'ids' });
      await Promise.all([consumer.close(), publisher.close()]);
    }
    expect(client.failed()).toBeUndefined();
  },
  DEADLINE_MS,
);

test('offsets and statistics', async () => {
  await broker.createStream('offsets');
  const client = await broker.connect();
  const key = { client, stream: 'offsets', consumerName: 'reader' };
  expect(await queryOffset(key)).toBeUndefined();
  const none = await streamStatistics(client, 'offsets');
  expect(none).toMatchObject({ firstOffset: undefined, committedChunkId: undefined });
  expect(lagRecords(none, 0n)).toBe(0n);
  await broker.publish('offsets', numbered(0, 10));
  expect(() => storeOffset({ ...key, next: -1n })).toThrow('-1 is no offset');
  storeOffset({ ...key, next: 0n });
  await eventually('the beginning', async () => (await queryOffset(key)) === 0n);
  storeOffset({ ...key, next: 1n });
  await eventually('the stored offset', async () => (await queryOffset(key)) === 1n);
  storeOffset({ ...key, next: 7n });
  await eventually('the stored offset', async () => (await queryOffset(key)) === 7n);
  const some = await streamStatistics(client, 'offsets');
  expect(some.firstOffset).toBe(0n);
  expect(lagRecords(some, 0n)).toBeGreaterThan(0n);
  await expect(streamStatistics(client, 'missing')).rejects.toMatchObject({ code: 'refused', responseCode: 2 });
  await expect(queryOffset({ ...key, stream: 'missing' })).rejects.toMatchObject({ code: 'refused', responseCode: 2 });
  expect(client.failed()).toBeUndefined();
});

test('a publisher says what is too large or too much, and splits what does not fit a frame', async () => {
  await broker.createStream('large');
  const client = await broker.connect();
  const publisher = await declarePublisher({ client, stream: 'large', inFlightMax: 5 });
  const one = encodeMessage({ content: Buffer.alloc(400_000, 'x') });
  await expect(publisher.publish([Buffer.alloc(client.frameBytesMax)])).rejects.toMatchObject({
    code: 'message_too_large',
  });
  const sent = publisher.publish([one, one, one, one, one]);
  await expect(publisher.publish([one])).rejects.toMatchObject({ code: 'in_flight_full' });
  await sent;
  expect(publisher.inFlight()).toBe(0);
  const sizes: number[] = [];
  const onRecord = (record: StreamRecord) => void sizes.push(record.bytes.length);
  await consumePartition({ ...plain, client, stream: 'large', offset: 'first', onRecord });
  await eventually('5 records', () => sizes.length === 5);
  expect(sizes).toEqual(Array(5).fill(one.length));
});
