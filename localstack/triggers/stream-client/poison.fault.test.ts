import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { StreamRecord } from './delivery-queue.ts';
import { encodeMessage } from './encode-message.ts';
import { consumePartition } from './partition.ts';
import { declarePublisher } from './publisher.ts';
import { messages } from './test-amqp-messages.ts';
import { mutate } from './test-mutations.ts';
import { BOOT_TIMEOUT_MS, contentOf, streamBroker, type TestStreamBroker } from './test-stream-broker.ts';

const NASTY = 600;
const SEED = 20_261;
const DEADLINE_MS = 60_000;
const LIBRARY_TIMEOUT_MS = 20_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const good = (index: number) => encodeMessage({ content: Buffer.from(`good ${index}`) });

async function readAll(stream: string, count: number): Promise<StreamRecord[]> {
  const client = await broker.connect();
  const records: StreamRecord[] = [];
  const onRecord = (record: StreamRecord) => void records.push(record);
  await consumePartition({ client, stream, consumerName: 'all', singleActive: false, offset: 'first', onRecord });
  await eventually(`${count} records of ${stream}`, () => records.length >= count, DEADLINE_MS);
  expect(client.failed()).toBeUndefined();
  await client.close();
  return records;
}

/** What the library's own client makes of a stream: the exit code and the last lines of a process that reads it. */
async function libraryReads(stream: string): Promise<{ code: unknown; stderr: string }> {
  const { hostname, port } = new URL(broker.url);
  const script = `
    import { connect, Offset } from 'rabbitmq-stream-js-client';
    const client = await connect({ hostname: '${hostname}', port: ${port}, username: 'guest', password: 'guest', vhost: '/' });
    await client.declareConsumer({ stream: '${stream}', offset: Offset.first() }, (message) => {
      if (message.content.toString() === 'the end') process.exit(0);
    });`;
  const options = { cwd: import.meta.dirname, timeout: LIBRARY_TIMEOUT_MS };
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: { code: unknown; stderr: string }) => ({ code: error.code, stderr: error.stderr }),
  );
}

const theEnd = encodeMessage({ content: Buffer.from('the end') });

test(
  `${NASTY} damaged messages among good ones: all arrive, each good one whole and in its place`,
  async () => {
    await broker.createStream('poison');
    const samples = fc.sample(messages, { numRuns: NASTY, seed: SEED }).map(({ bytes }) => bytes);
    const sent = samples.flatMap((bytes, index) => {
      const other = samples[(index * 7) % NASTY] ?? bytes;
      const nasty = index % 10 === 0 ? bytes : mutate(mutate(bytes, other, index), other, index + NASTY);
      return [Buffer.from(nasty), good(index)];
    });
    await broker.publish('poison', sent);
    const records = await readAll('poison', sent.length);
    expect(records.map(({ bytes }) => bytes.toString('hex'))).toEqual(sent.map((bytes) => bytes.toString('hex')));
    expect(records.filter((_, index) => index % 2 === 1).map(contentOf)).toEqual(
      Array.from({ length: NASTY }, (_, index) => `good ${index}`),
    );
    const undecodable = records.filter(({ message }) => message.undecodable !== undefined);
    expect(undecodable.length).toBeGreaterThan(NASTY / 4);
    for (const { message, bytes } of undecodable) expect(message).toMatchObject({ bytes });
    await broker.publish('poison', [theEnd]);
    expect(await libraryReads('poison')).not.toMatchObject({ code: 0 });
  },
  DEADLINE_MS * 2,
);

test(
  'what devices can send by MQTT 5 is decoded, and kills a reader that uses the library alone',
  async () => {
    await broker.createStream('devices');
    await broker.bind('devices', 'hl.#');
    const device = await connectAsync(broker.mqtt, { protocolVersion: 5, reconnectPeriod: 0 });
    const properties = [
      { correlationData: Buffer.alloc(16, 0xab) },
      { correlationData: Buffer.from([0xff, 0xfe, 0x00]), responseTopic: 'hl/answer' },
      { correlationData: Buffer.alloc(300, 1), contentType: 'text/é', payloadFormatIndicator: true },
      { userProperties: { __proto__: 'x', '': '', traceparent: ['one', 'two'], long: 'x'.repeat(60_000) } },
      { messageExpiryInterval: 4_294_967_295, contentType: '' },
    ];
    for (const [index, each] of properties.entries()) {
      await device.publishAsync('hl/w0/alert', `bad ${index}`, { qos: 1, properties: each });
      await device.publishAsync('hl/w0/alert', `good ${index}`, { qos: 1 });
    }
    await device.publishAsync('hl/w0/alert', 'the end', { qos: 1 });
    await device.endAsync(true);
    const records = await readAll('devices', properties.length * 2 + 1);
    expect(records.map(contentOf)).toEqual([...properties.flatMap((_, at) => [`bad ${at}`, `good ${at}`]), 'the end']);
    const [first, , second, , , , fourth] = records.map(({ message }) => message);
    expect(first?.undecodable === undefined && first?.messageAnnotations?.get('x-routing-key')).toBe('hl.w0.alert');
    expect(second).toMatchObject({ properties: { correlationId: Buffer.from([0xff, 0xfe, 0x00]) } });
    const long = fourth?.undecodable === undefined ? fourth?.applicationProperties?.get('long') : undefined;
    expect(long).toBe('x'.repeat(60_000));
    expect(await libraryReads('devices')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/FormatCode Invalid type|invalid/),
    });
  },
  DEADLINE_MS * 2,
);

test('nested AMQP 0-9-1 headers are decoded', async () => {
  await broker.createStream('amqp091');
  const headers = {
    list: [1, 'two', { three: [3.5, true] }],
    table: { a: { b: { c: -1 } } },
    large: 2 ** 53,
    no: false,
    empty: '',
  };
  for (const [index, properties] of [{ headers }, {}].entries()) {
    const message = { properties, routing_key: 'amqp091', payload: `m ${index}`, payload_encoding: 'string' };
    await broker.http('POST', 'exchanges/%2F/amq.default/publish', message);
  }
  const records = await readAll('amqp091', 2);
  expect(records.map(contentOf)).toEqual(['m 0', 'm 1']);
  const message = records[0]?.message;
  const stored = message?.undecodable === undefined ? message : undefined;
  expect(stored?.applicationProperties?.get('no')).toBe(false);
  expect(stored?.messageAnnotations?.size).toBeGreaterThan(0);
});

test('batches whose inside is garbage cost their own records only', async () => {
  await broker.createStream('batches');
  const client = await broker.connect();
  const publisher = await declarePublisher({ client, stream: 'batches' });
  await publisher.publish([good(0)]);
  const garbage = Buffer.from('this is no batch of records');
  for (let compression = 0; compression < 8; compression += 1) {
    const frame = Buffer.alloc(32);
    frame.writeUInt32BE(28 + garbage.length, 0);
    frame.writeUInt16BE(2, 4);
    frame.writeUInt16BE(1, 6);
    frame.writeUInt8(0, 8);
    frame.writeUInt32BE(1, 9);
    frame.writeBigUInt64BE(BigInt(100 + compression), 13);
    frame.writeUInt8(0x80 | (compression << 4), 21);
    frame.writeUInt16BE(3, 22);
    frame.writeUInt32BE(99, 24);
    frame.writeUInt32BE(garbage.length, 28);
    client.send(Buffer.concat([frame, garbage]));
  }
  await publisher.publish([good(1)]);
  const records = await readAll('batches', 2 + 8 * 3);
  expect(records.map(contentOf)).toEqual(['good 0', ...Array(24).fill('undecodable'), 'good 1']);
  expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => BigInt(index)));
});
