import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { DeleteStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/delete_stream_request.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { StreamClient } from './client.ts';
import { encodeMessage } from './encode-message.ts';
import { queryOffset, storeOffset, streamStatistics } from './offsets.ts';
import { consumePartition } from './partition.ts';
import { declarePublisher } from './publisher.ts';
import type { StreamClientError } from './stream-error.ts';
import { testPeer } from './test-peer.ts';
import { testProxy } from './test-proxy.ts';
import { BOOT_TIMEOUT_MS, contentOf, streamBroker, type TestStreamBroker } from './test-stream-broker.ts';

const DEADLINE_MS = 60_000;
const RECORDS = 2_000;
const consumerName = 'reader';
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const message = (index: number) => encodeMessage({ content: Buffer.from(String(index).padEnd(200, ' ')) });
const fill = (stream: string) =>
  broker.publish(
    stream,
    Array.from({ length: RECORDS }, (_, index) => message(index)),
  );

/** Reads on from the stored offset, storing as it goes. */
async function resume(client: StreamClient, stream: string, seen: number[]): Promise<void> {
  const key = { client, stream, consumerName };
  await consumePartition({
    ...key,
    singleActive: false,
    offset: (await queryOffset(key)) ?? 'first',
    onRecord(record) {
      seen.push(Number(contentOf(record)));
      if (client.failed() === undefined) storeOffset({ ...key, next: record.offset + 1n });
    },
  });
}

/** Each record was seen, in order but for what is repeated after the cut: at least once. */
function expectNoneLost(seen: number[]): void {
  expect([...new Set(seen)]).toEqual(Array.from({ length: RECORDS }, (_, index) => index));
}

test('what cannot be connected to is a rejection with its reason, and onClosed is not called', async () => {
  const reasons: StreamClientError[] = [];
  const onClosed = (reason: StreamClientError) => void reasons.push(reason);
  const refused = await testPeer(() => undefined);
  refused.close();
  const silent = await testPeer(() => undefined);
  const ends = await testPeer((socket) => void socket.once('data', () => socket.end()));
  const speaksHttp = await testPeer((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const attempt = (url: string, connectTimeoutMs = 10_000) => broker.connect({ url, connectTimeoutMs, onClosed });
  await expect(attempt(refused.url)).rejects.toMatchObject({ code: 'connect_failed' });
  await expect(attempt(silent.url, 200)).rejects.toMatchObject({ code: 'connect_timeout' });
  await expect(attempt(ends.url)).rejects.toMatchObject({ code: 'peer_closed' });
  await expect(attempt(speaksHttp.url)).rejects.toMatchObject({ code: 'protocol_error' });
  await expect(attempt(broker.url.replace('guest:guest', 'guest:wrong'))).rejects.toMatchObject({ code: 'refused' });
  await expect(attempt(`${broker.url}/missing`)).rejects.toMatchObject({ code: 'refused', responseCode: 12 });
  await expect(attempt('http://localhost')).rejects.toMatchObject({ code: 'invalid_argument' });
  const secret = attempt(broker.url.replace('guest:guest', 'guest:geh%C3%A9im'));
  await expect(secret).rejects.toMatchObject({ code: 'invalid_argument', message: expect.not.stringContaining('geh') });
  expect(reasons).toEqual([]);
  silent.close();
  ends.close();
  speaksHttp.close();
});

test('TLS: connects where the peer proves itself, and not where it does not', async () => {
  // A pre-shared key needs no certificate that would expire.
  const key = { psk: Buffer.alloc(16, 7), identity: 'heartline' };
  const ciphers = 'PSK-AES128-GCM-SHA256';
  const { hostname, port } = new URL(broker.url);
  const sockets: Socket[] = [];
  const server = createTlsServer({ pskCallback: () => key.psk, ciphers, maxVersion: 'TLSv1.2' }, (socket) => {
    const upstream = connect(Number(port), hostname);
    sockets.push(socket, upstream);
    for (const each of [socket, upstream]) each.on('error', () => each.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `rabbitmq-stream+tls://localhost:${(server.address() as AddressInfo).port}`;
  const tls = { pskCallback: () => key, ciphers, maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined } as const;
  await expect(broker.connect({ url })).rejects.toMatchObject({ code: 'connect_failed' });
  const client = await broker.connect({ url, tls });
  await expect(streamStatistics(client, 'missing')).rejects.toMatchObject({ code: 'refused', responseCode: 2 });
  await client.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('closed once, with the first reason; nothing works afterwards', async () => {
  const reasons: string[] = [];
  const client = await broker.connect({ onClosed: ({ code }) => void reasons.push(code) });
  await Promise.all([client.close(), client.close()]);
  await client.close();
  expect((await client.closed).code).toBe('closed');
  await expect(streamStatistics(client, 'any')).rejects.toMatchObject({ code: 'closed' });
  await expect(declarePublisher({ client, stream: 'any' })).rejects.toMatchObject({ code: 'closed' });
  expect(() => storeOffset({ client, stream: 'any', consumerName, next: 1n })).toThrow('closed by its owner');
  expect(reasons).toEqual(['closed']);
});

test.each([70_001, 70_002, 123_457])('cut %i bytes into a delivery: said at once, and resumed', async (bytes) => {
  const stream = `cut-${bytes}`;
  await broker.createStream(stream);
  await fill(stream);
  const proxy = await testProxy(broker.url);
  const client = await broker.connect({ url: proxy.url });
  const seen: number[] = [];
  proxy.cutAfter(bytes);
  const startMs = performance.now();
  // The cut may come before the subscription is confirmed.
  await Promise.allSettled([resume(client, stream, seen)]);
  expect(['peer_closed', 'socket_error']).toContain((await client.closed).code);
  expect(performance.now() - startMs).toBeLessThan(5_000);
  expect(seen.length).toBeLessThan(RECORDS);
  await resume(await broker.connect(), stream, seen);
  await eventually('the last record', () => seen.at(-1) === RECORDS - 1, DEADLINE_MS);
  expectNoneLost(seen);
  await proxy.close();
});

test('a peer that falls silent is noticed within 2.5 heartbeats; a publisher learns of it', async () => {
  await broker.createStream('silent');
  const proxy = await testProxy(broker.url);
  const client = await broker.connect({ url: proxy.url, heartbeatS: 1, requestTimeoutMs: DEADLINE_MS });
  const publisher = await declarePublisher({ client, stream: 'silent' });
  await publisher.publish([message(0)]);
  proxy.freeze();
  const startMs = performance.now();
  await expect(publisher.publish([message(1)])).rejects.toMatchObject({ code: 'silent_peer' });
  expect(performance.now() - startMs).toBeLessThan(2_500 + 2_000); // 2 s for a busy machine
  expect((await client.closed).code).toBe('silent_peer');
  await publisher.close();
  await proxy.close();
});

test('heartbeats keep an idle client', async () => {
  const client = await broker.connect({ heartbeatS: 1 });
  const startMs = performance.now();
  await eventually('four heartbeats without a request', () => performance.now() - startMs > 4_000, DEADLINE_MS);
  expect(client.failed()).toBeUndefined();
});

test('a request without an answer ends the client at its limit', async () => {
  const proxy = await testProxy(broker.url);
  const client = await broker.connect({ url: proxy.url, heartbeatS: 60, requestTimeoutMs: 300 });
  proxy.freeze();
  await expect(streamStatistics(client, 'any')).rejects.toMatchObject({ code: 'request_timeout' });
  expect((await client.closed).code).toBe('request_timeout');
  await proxy.close();
});

test('close() of a client whose peer is silent ends within the limit', async () => {
  const proxy = await testProxy(broker.url);
  const client = await broker.connect({ url: proxy.url, heartbeatS: 60, requestTimeoutMs: 300 });
  proxy.freeze();
  await client.close();
  expect(client.failed()).toBeDefined();
  await proxy.close();
});

test('a client that has made its share of requests asks to be replaced', async () => {
  const client = await broker.connect({ requestsMax: 20 });
  await broker.createStream('recycled');
  const ask = async (): Promise<never> => {
    for (;;) await streamStatistics(client, 'recycled');
  };
  await expect(ask()).rejects.toMatchObject({ code: 'recycled' });
  expect((await client.closed).code).toBe('recycled');
});

test('a stream that is deleted ends the clients that use it', async () => {
  await broker.createStream('deleted');
  const client = await broker.connect();
  const bystander = await broker.connect();
  await resume(client, 'deleted', []);
  await bystander.request(new DeleteStreamRequest('deleted'));
  expect(await client.closed).toMatchObject({
    code: 'stream_unavailable',
    message: expect.stringContaining('deleted'),
  });
  expect(bystander.failed()).toBeUndefined();
});

test(
  'a broker that restarts: said with a reason, and a new client resumes where the offset was stored',
  async () => {
    await broker.createStream('restart');
    await fill('restart');
    const client = await broker.connect();
    const seen: number[] = [];
    await resume(client, 'restart', seen);
    await eventually('all records', () => seen.length === RECORDS, DEADLINE_MS);
    const key = { stream: 'restart', consumerName };
    await eventually(
      'the offset',
      async () => (await queryOffset({ ...key, client })) === BigInt(RECORDS),
      DEADLINE_MS,
    );
    await broker.stop();
    expect(['closed_by_broker', 'peer_closed', 'socket_error', 'stream_unavailable']).toContain(
      (await client.closed).code,
    );
    await expect(broker.connect()).rejects.toMatchObject({ code: 'connect_failed' });
    await broker.start();
    const again = await eventually('a connection', () => broker.connect(), DEADLINE_MS);
    await eventually(
      'the stored offset',
      async () => (await queryOffset({ ...key, client: again })) !== undefined,
      DEADLINE_MS,
    );
    const more: number[] = [];
    await resume(again, 'restart', more);
    await broker.publish('restart', [message(RECORDS)]);
    await eventually('the record after the restart', () => more.length > 0, DEADLINE_MS);
    expect(more).toEqual([RECORDS]);
  },
  BOOT_TIMEOUT_MS,
);
