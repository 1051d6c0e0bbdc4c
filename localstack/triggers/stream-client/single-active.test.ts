import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { StreamClient } from './client.ts';
import { encodeMessage } from './encode-message.ts';
import { queryOffset, storeOffset } from './offsets.ts';
import { consumePartition, type PartitionConsumer } from './partition.ts';
import { superStreamPartitions } from './super-stream.ts';
import { BOOT_TIMEOUT_MS, contentOf, streamBroker, type TestStreamBroker } from './test-stream-broker.ts';

const DEADLINE_MS = 60_000;
const PARTITIONS = ['w0', 'w1', 'w2', 'w3'];
const consumerName = 'workers';
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

interface Worker {
  readonly client: StreamClient;
  readonly partitions: Map<string, PartitionConsumer>;
  readonly seen: string[];
  /** Each call of onActive: `w0:true`. */
  readonly calls: string[];
  active(): string[];
}

/** Reads all partitions as one of its name; stores each offset as it goes. */
async function worker(): Promise<Worker> {
  const client = await broker.connect();
  const partitions = new Map<string, PartitionConsumer>();
  const seen: string[] = [];
  const calls: string[] = [];
  for (const name of PARTITIONS) {
    const stream = `ward-${name}`;
    const consumer = await consumePartition({
      client,
      stream,
      superStream: 'ward',
      consumerName,
      singleActive: true,
      offset: 'first',
      async onActive(active) {
        calls.push(`${name}:${active}`);
        return active ? ((await queryOffset({ client, stream, consumerName })) ?? 'first') : undefined;
      },
      onRecord(record) {
        seen.push(`${name}:${contentOf(record)}`);
        storeOffset({ client, stream, consumerName, next: record.offset + 1n });
      },
    });
    partitions.set(name, consumer);
  }
  return {
    client,
    partitions,
    seen,
    calls,
    active: () => PARTITIONS.filter((name) => partitions.get(name)?.active),
  };
}

const publish = async (from: number, to: number) => {
  const messages = Array.from({ length: to - from }, (_, index) =>
    encodeMessage({ content: Buffer.from(String(from + index)) }),
  );
  for (const name of PARTITIONS) await broker.publish(`ward-${name}`, messages);
};
const sorted = (workers: Worker[]) => workers.flatMap(({ seen }) => seen).sort();
const expected = (to: number) =>
  PARTITIONS.flatMap((name) => Array.from({ length: to }, (_, index) => `${name}:${index}`)).sort();

test(
  'partitions are shared out, move when a worker leaves, and resume at the stored offset',
  async () => {
    await broker.createSuperStream('ward', PARTITIONS);
    const any = await broker.connect();
    expect(await superStreamPartitions(any, 'ward')).toEqual(PARTITIONS.map((name) => `ward-${name}`));
    await expect(superStreamPartitions(any, 'missing')).rejects.toMatchObject({ code: 'refused' });
    const first = await worker();
    await eventually('the first has all', () => first.active().length === 4, DEADLINE_MS);
    await publish(0, 50);
    await eventually('50 of each', () => first.seen.length === 200, DEADLINE_MS);

    const second = await worker();
    await eventually('two each', () => first.active().length === 2 && second.active().length === 2, DEADLINE_MS);
    expect([...first.active(), ...second.active()].sort()).toEqual(PARTITIONS);
    for (const name of second.active()) expect(first.calls).toContain(`${name}:false`);
    await publish(50, 100);
    await eventually('100 of each', () => first.seen.length + second.seen.length >= 400, DEADLINE_MS);
    expect(sorted([first, second])).toEqual(expected(100));
    expect(second.seen.length).toBe(100);

    await first.client.close();
    await eventually('the second has all', () => second.active().length === 4, DEADLINE_MS);
    await publish(100, 150);
    await eventually('150 of each', () => first.seen.length + second.seen.length >= 600, DEADLINE_MS);
    expect(sorted([first, second])).toEqual(expected(150));
    expect(first.active()).toEqual([]);

    // One that leaves and comes back many times: credits given back at each handover must last.
    for (let round = 0; round < 5; round += 1) {
      const third = await worker();
      await eventually('two each', () => third.active().length === 2 && second.active().length === 2, DEADLINE_MS);
      await third.client.close();
      await eventually('the second has all', () => second.active().length === 4, DEADLINE_MS);
    }
    await publish(150, 160);
    await eventually('160 of each', () => first.seen.length + second.seen.length >= 640, DEADLINE_MS);
    expect(sorted([first, second])).toEqual(expected(160));
  },
  DEADLINE_MS * 3,
);

test(
  'chunks dropped at a handover are delivered after the next, however often: their credits come back',
  async () => {
    await broker.createSuperStream('held', ['a', 'b']);
    const join = async (seen: string[]) => {
      const client = await broker.connect();
      const base = { client, superStream: 'held', consumerName, singleActive: true, offset: 'first' } as const;
      const consumers = await Promise.all(
        ['held-a', 'held-b'].map((stream) =>
          consumePartition({ ...base, stream, onRecord: (record) => void seen.push(`${stream}:${contentOf(record)}`) }),
        ),
      );
      return { client, consumers, active: () => consumers.filter(({ active }) => active).length };
    };
    const seen: string[] = [];
    const first = await join(seen);
    await eventually('the first has both', () => first.active() === 2, DEADLINE_MS);
    for (const consumer of first.consumers) consumer.pause();
    for (let index = 0; index < 6; index += 1) {
      for (const stream of ['held-a', 'held-b']) {
        await broker.publish(stream, [encodeMessage({ content: Buffer.from(String(index)) })]);
      }
    }
    for (let round = 0; round < 4; round += 1) {
      // Whatever credit there is has become chunks that wait: a reply comes after them.
      await queryOffset({ client: first.client, stream: 'held-a', consumerName });
      const second = await join([]);
      await eventually('one each', () => first.active() === 1 && second.active() === 1, DEADLINE_MS);
      await second.client.close();
      await eventually('the first has both', () => first.active() === 2, DEADLINE_MS);
    }
    expect(seen).toEqual([]);
    for (const consumer of first.consumers) consumer.resume();
    await eventually('6 of each', () => seen.length >= 12);
    for (const stream of ['held-a', 'held-b']) {
      const own = seen.filter((record) => record.startsWith(stream));
      expect(own).toEqual(Array.from({ length: 6 }, (_, index) => `${stream}:${index}`));
    }
  },
  DEADLINE_MS,
);

test('onActive or onRecord that throws ends the client and says so', async () => {
  await broker.createStream('throws');
  await broker.publish('throws', [encodeMessage({ content: Buffer.from('x') })]);
  const base = { stream: 'throws', consumerName, offset: 'first' } as const;
  const fails = (): never => {
    throw new Error('no such table');
  };
  const one = await broker.connect();
  await consumePartition({ ...base, client: one, singleActive: false, onRecord: fails });
  expect(await one.closed).toMatchObject({ code: 'consumer_failed', message: 'onRecord of throws: no such table' });
  const two = await broker.connect();
  const options = { ...base, client: two, singleActive: true, onActive: fails, onRecord: () => undefined };
  await Promise.allSettled([consumePartition(options)]);
  expect(await two.closed).toMatchObject({ code: 'consumer_failed', message: 'onActive of throws: no such table' });
});
