import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startFaultProxy } from './fault-proxy.ts';
import { bytesOf, connectOf } from './testing/packets.ts';
import { collected, conveyed, type Ends, endsOfATest, until } from './testing/peers.ts';
import { asReceived, isPublish, packetsIn } from './testing/stream-packets.ts';

const MINUTES_MS = 600_000;
const HELLO = connectOf(5, 'monitor-7');

const ends = endsOfATest();

const dial = (port: number): Socket => {
  const socket = connect(port, '127.0.0.1').resume();
  return socket.on('error', () => socket.destroy());
};

const publish = (payload: string | Buffer, qos: 0 | 1 | 2 = 0) =>
  bytesOf({ cmd: 'publish', topic: 'ward/1', payload, qos, messageId: 9, dup: false, retain: false }, 5);
const payloads = (bytes: Buffer) => asReceived(packetsIn(bytes, 5).filter(isPublish)).map(({ payload }) => payload);

describe('a dropped PUBLISH', () => {
  test('of QoS 0 is gone, of QoS 1 it is left alone unless asked for', async () => {
    const { client, broker, proxy } = await ends({ toxics: [{ type: 'drop', rate: 1, direction: 'upstream' }] });
    const arrived = await conveyed(client, broker, [HELLO, publish('lost'), publish('kept', 1)]);
    expect(payloads(arrived.subarray(HELLO.length))).toEqual(['kept']);
    const { upstream, hits } = proxy.journal();
    expect(upstream).toMatchObject({ passed: 1, dropped: 1 });
    expect(hits).toMatchObject([
      { toxic: 'drop_upstream', type: 'drop', occurrence: 1, qos: 0, clientId: 'monitor-7' },
    ]);
  });

  test('of QoS 1, asked for, breaks the connection at it: what came before arrives', async () => {
    const identify = ({ payload }: { payload: Buffer }) => payload.toString().slice(0, 4);
    const { client, broker, proxy, events } = await ends({ identify });
    const before = Array.from({ length: 50 }, (_, i) => publish(`kept${i}`, 0));
    const arrived = collected(broker);
    client.write(HELLO);
    await until('the CONNECT', () => arrived.bytes().length === HELLO.length);
    proxy.setToxics([{ type: 'drop', rate: 1, direction: 'upstream', qos: [1, 2] }]);
    client.write(Buffer.concat([...before, publish('lost', 1), publish('behind', 0)]));
    await until('the end of the broken connection', arrived.ended);
    await until('the client to be cut', () => client.closed);
    expect(payloads(arrived.bytes().subarray(HELLO.length))).toEqual(before.map((_, i) => `kept${i}`));
    expect(events).toContainEqual({ type: 'cut', connection: 1, clientId: 'monitor-7', toxic: 'drop_upstream' });
    await until('the connection to be forgotten', () => proxy.connections().length === 0);
  });
});

test('a duplicate of QoS 0 is the same packet twice; of QoS 1 and 2 it has the same id, and DUP', async () => {
  const { client, broker } = await ends({ toxics: [{ type: 'duplicate', rate: 1, direction: 'upstream' }] });
  const arrived = await conveyed(client, broker, [HELLO, publish('a'), publish('b', 1), publish('c', 2)]);
  const packets = packetsIn(arrived.subarray(HELLO.length), 5).filter(isPublish);
  expect(packets.map(({ payload, qos, dup, messageId }) => [payload.toString(), qos, dup, messageId])).toEqual([
    ['a', 0, false, undefined],
    ['a', 0, false, undefined],
    ['b', 1, false, 9],
    ['b', 1, true, 9],
    ['c', 2, false, 9],
    ['c', 2, true, 9],
  ]);
});

test('a duplicate after the acknowledgement comes behind it, before a PUBLISH of another id, and never twice', async () => {
  const { client, broker } = await ends({
    toxics: [{ type: 'duplicate', rate: 1, direction: 'upstream', after: 'acknowledgement', qos: [1] }],
  });
  const arrived = collected(broker);
  const packets = () => packetsIn(arrived.bytes().subarray(HELLO.length), 5).filter(isPublish);
  const send = async (packet: Buffer, count: number) => {
    client.write(packet);
    await until(`${count} PUBLISH packets`, () => packets().length >= count);
  };
  const acknowledge = async () => {
    const received = client.bytesRead;
    broker.write(bytesOf({ cmd: 'puback', messageId: 9 }, 5));
    await until('the PUBACK', () => client.bytesRead > received);
  };
  client.write(HELLO);
  await send(publish('a', 1), 1);
  await send(publish('not acknowledged yet'), 2);
  await acknowledge();
  await send(publish('same id', 1), 3);
  await send(publish('next'), 5);
  await acknowledge();
  await send(publish('last'), 7);
  expect(packets().map(({ payload, dup }) => `${payload}${dup ? ' again' : ''}`)).toEqual([
    ...['a', 'not acknowledged yet', 'same id', 'a again', 'next', 'same id again', 'last'],
  ]);
});

describe('what waits', () => {
  test('makes all behind it wait, and goes at once when the delay is taken out', async () => {
    const { client, broker, proxy } = await ends({
      toxics: [{ type: 'delay', rate: 1, delayMs: MINUTES_MS, direction: 'upstream', qos: [1] }],
    });
    const arrived = collected(broker);
    const said = [HELLO, publish('before'), publish('late', 1), publish('behind'), Buffer.from([0xc0, 0])];
    client.end(Buffer.concat(said));
    await until('the packets to wait', () => (proxy.connections()[0]?.waitingBytes.upstream ?? 0) > 0);
    await until('what came before', () => arrived.bytes().length === HELLO.length + publish('before').length);
    proxy.setToxics([]);
    await until('the end', arrived.ended);
    expect(arrived.bytes()).toEqual(Buffer.concat(said));
  });

  test('is bounded: no more is read from the sender', async () => {
    const waitingBytes = 100_000;
    const { client, proxy } = await ends({
      toxics: [{ type: 'delay', rate: 1, delayMs: MINUTES_MS, direction: 'upstream' }],
      limits: { waitingBytes },
    });
    client.write(HELLO);
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => publish(Buffer.alloc(100))));
    const tooMuchBytes = 20_000_000;
    let stuck = false;
    for (let said = 0; said < tooMuchBytes && !stuck; said += many.length) {
      stuck = !client.write(many) && !(await drains(client));
    }
    expect(stuck).toBe(true);
    const waiting = proxy.connections()[0]?.waitingBytes.upstream ?? 0;
    expect(waiting).toBeGreaterThan(waitingBytes);
    expect(waiting).toBeLessThan(waitingBytes + 400_000); // and the chunk that passed the bound
  });

  test('without toxics a receiver that does not read stops the sender, and then gets all', async () => {
    const { client, broker } = await ends();
    client.write(HELLO);
    const bulk = publish(Buffer.alloc(500_000));
    let said = 0;
    for (let stuck = false; !stuck && said < 200; said += 1) stuck = !client.write(bulk) && !(await drains(client));
    expect(said).toBeLessThan(200);
    client.end();
    const arrived = collected(broker);
    await until('all of it', arrived.ended);
    expect(arrived.bytes().length).toBe(HELLO.length + said * bulk.length);
  });
});

/** Whether the socket can take more within a moment that a bounded buffer fills in. */
async function drains(socket: Ends['client']): Promise<boolean> {
  const momentMs = 700;
  return await Promise.race([
    once(socket, 'drain').then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, momentMs, false)),
  ]);
}

test('a reordered PUBLISH that nothing follows goes when its time is over, or before a DISCONNECT', async () => {
  const toxics = [{ type: 'reorder', rate: 1, packets: 100, direction: 'upstream' }] as const;
  const timed = await ends({ toxics: [{ ...toxics[0], holdMs: 50 }] });
  const arrived = collected(timed.broker);
  timed.client.write(Buffer.concat([HELLO, publish('alone')]));
  await until('the PUBLISH', () => arrived.bytes().includes('alone'));
  const leaving = await ends({ toxics: [{ ...toxics[0], holdMs: MINUTES_MS }] });
  const disconnect = Buffer.from([0xe0, 0]);
  const last = await conveyed(leaving.client, leaving.broker, [HELLO, publish('last'), disconnect]);
  expect(last).toEqual(Buffer.concat([HELLO, publish('last'), disconnect]));
});

describe('flap', () => {
  test('cuts both sides, refuses while down, and lets in once taken out', async () => {
    const { client, broker, proxy, events } = await ends();
    client.resume();
    broker.resume();
    proxy.setToxics([{ type: 'flap', upMs: 1, downMs: MINUTES_MS }]);
    await until('both sides to be cut', () => client.closed && broker.closed);
    const refused = dial(proxy.port);
    await until('the new connection to be cut', () => refused.closed);
    await until('the refusal', () => proxy.counters().refused === 1);
    expect(proxy.counters()).toMatchObject({ cuts: 1, toxics: [{ type: 'flap', seen: 1, hit: 1 }] });
    proxy.setToxics([]);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['link_down', 'cut', 'refused', 'link_up']));
    const again = dial(proxy.port);
    await until('a connection', () => proxy.connections().length === 1);
    again.destroy();
  });

  test('goes on in its turn when the list is set with it unchanged', async () => {
    const { proxy, events } = await ends();
    const flap = { type: 'flap', upMs: 20, downMs: 10 } as const;
    await until('five downs', () => {
      proxy.setToxics([flap]); // every 10 ms: would never get down if it began anew each time
      return events.filter(({ type }) => type === 'link_down').length >= 5;
    });
  });
});

test('a broker that is away breaks the client’s connection, and the proxy goes on', async () => {
  const away = createServer().listen(0, '127.0.0.1');
  await once(away, 'listening');
  const { port } = away.address() as { port: number };
  await new Promise((resolve) => away.close(resolve));
  const events: string[] = [];
  const proxy = await startFaultProxy({
    listen: { host: '127.0.0.1', port: 0 },
    upstream: { host: '127.0.0.1', port },
    seed: 1,
    onEvent: ({ type }) => events.push(type),
  });
  const client = dial(proxy.port);
  await until('the client to be cut', () => client.closed);
  await until('the events', () => events.includes('closed'));
  expect(events).toEqual(['connected', 'failed', 'closed']);
  await proxy.stop();
  await proxy.stop();
});

test('what cannot be started says why', async () => {
  const upstream = { host: '127.0.0.1', port: 1 };
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const start = (seed: number, onPort: number) =>
    startFaultProxy({ listen: { host: '127.0.0.1', port: onPort }, upstream, seed });
  await expect(start(1, port)).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
  await expect(start(1.5, 0)).rejects.toThrow('seed 1.5: give a whole number');
  taken.close();
});
