// What is no MQTT, or no PUBLISH that can be looked at.
import { expect, test } from 'vitest';
import { bytesOf, connectOf } from './testing/packets.ts';
import { collected, conveyed, endsOfATest, until } from './testing/peers.ts';
import { asReceived, isPublish, packetsIn } from './testing/stream-packets.ts';

const HELLO = connectOf(5, 'monitor-7');

const ends = endsOfATest();

const publish = (payload: string) =>
  bytesOf({ cmd: 'publish', topic: 'ward/1', payload, qos: 0, dup: false, retain: false }, 5);

test.each(['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01', 'SSH-2.0-x'])('%j passes as it is, at once', async (text) => {
  const { client, broker, proxy, events } = await ends({
    toxics: [{ type: 'drop', rate: 1, direction: 'upstream' }],
  });
  const arrived = collected(broker);
  client.write(text);
  await until('the bytes', () => arrived.bytes().toString('latin1') === text);
  expect(events).toContainEqual(expect.objectContaining({ type: 'raw', direction: 'upstream' }));
  expect(proxy.connections()[0]?.raw).toEqual(['downstream', 'upstream']);
});

test('a PUBLISH that is too large passes whole, behind those before it, and its alias is known', async () => {
  const { client, broker, proxy } = await ends({
    toxics: [{ type: 'drop', rate: 1, direction: 'upstream' }],
    limits: { examinedBytes: 1_000 },
  });
  const aliased = (topic: string, payload: Buffer) => ({
    ...{ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, properties: { topicAlias: 1 } },
  });
  const packets = [aliased('a/b', Buffer.alloc(10, 'x')), aliased('', Buffer.alloc(5_000, 'y'))] as const;
  const said = packets.map((packet) => bytesOf(packet as Parameters<typeof bytesOf>[0], 5));
  const arrived = await conveyed(client, broker, [HELLO, ...said]);
  const received = asReceived(packetsIn(arrived.subarray(HELLO.length), 5).filter(isPublish));
  expect(received).toEqual([{ topic: 'a/b', payload: 'y'.repeat(5_000), dup: false }]);
  expect(proxy.counters().upstream).toMatchObject({ dropped: 1, unexamined: 1 });
});

test('malformed PUBLISH packets pass as they are', async () => {
  const { client, broker, proxy } = await ends({ toxics: [{ type: 'drop', rate: 1, direction: 'upstream' }] });
  const malformed = [
    Buffer.from([0x36, 3, 0, 1, 97]), // QoS 3
    Buffer.from([0x30, 1, 0]), // half a topic length
    Buffer.from([0x30, 3, 0, 200, 97]), // a topic longer than the packet
    Buffer.from([0x30, 5, 0, 1, 97, 9, 1]), // properties longer than the packet
    Buffer.from([0x30, 6, 0, 1, 97, 2, 0x7f, 0]), // no such property
    Buffer.from([0x30, 6, 0, 0, 3, 0x23, 0, 5]), // an alias never set
  ];
  const arrived = await conveyed(client, broker, [HELLO, ...malformed]);
  expect(arrived).toEqual(Buffer.concat([HELLO, ...malformed]));
  expect(proxy.counters().upstream).toMatchObject({ dropped: 0, unexamined: malformed.length });
});

test('topics behind aliases that take too much memory break the connection', async () => {
  const { client, events } = await ends({ limits: { aliasBytes: 100_000 } });
  client.write(HELLO);
  for (let alias = 1; alias <= 20; alias += 1) {
    const packet = {
      cmd: 'publish',
      topic: 'x'.repeat(60_000),
      payload: '',
      qos: 0,
      dup: false,
      retain: false,
    } as const;
    client.write(bytesOf({ ...packet, properties: { topicAlias: alias } }, 5));
  }
  await until('the client to be cut', () => client.closed);
  expect(events).toContainEqual({ type: 'aliases_overflow', connection: 1, direction: 'upstream' });
});

test('an identity that cannot be made is that of the payload', async () => {
  const identify = () => {
    throw new Error('no event id');
  };
  const { client, broker, proxy, events } = await ends({
    toxics: [{ type: 'drop', rate: 1, direction: 'upstream' }],
    identify,
  });
  await conveyed(client, broker, [HELLO, publish('lost'), publish('lost too')]);
  expect(proxy.journal().hits.map(({ identity }) => identity.slice(0, 7))).toEqual(['sha256:', 'sha256:']);
  expect(events.filter(({ type }) => type === 'identify_failed')).toHaveLength(1);
});
