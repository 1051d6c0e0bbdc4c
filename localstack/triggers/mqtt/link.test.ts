import mqtt from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { systemClock } from '../clock.ts';
import { type Link, type LinkHandlers, type LinkMessage, openLink } from './link.ts';
import { LinkError } from './link-error.ts';
import type { LinkSettings } from './link-settings.ts';
import { obliging, publishBytes, type TestPeer, testPeer } from './test-peer.ts';

let peers: TestPeer[] = [];
let links: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(links.map((link) => link.close()));
  await Promise.all(peers.map((peer) => peer.close()));
  peers = [];
  links = [];
});

async function peerThat(answer = obliging): Promise<TestPeer> {
  const peer = await testPeer(answer);
  peers.push(peer);
  return peer;
}

const settingsFor = (url: string, changed: Partial<LinkSettings> = {}): LinkSettings => ({
  url,
  username: undefined,
  password: undefined,
  tls: {},
  clientId: 'link',
  protocolVersion: 5,
  sessionExpiryS: 0,
  receiveMaximum: 20,
  keepaliveS: 10,
  connectTimeoutMs: 5_000,
  filter: 'a/#',
  qos: 1,
  retainHandling: 0,
  subscribeAnew: true,
  ...changed,
});

type Open = (settings: LinkSettings, handlers: LinkHandlers) => Pick<Link, 'ack' | 'close'>;
const real: Open = (settings, handlers) => openLink(settings, handlers, systemClock);

interface Opened {
  readonly link: Pick<Link, 'ack' | 'close'>;
  readonly messages: LinkMessage[];
  readonly errors: LinkError[];
  ready(): boolean;
}

function opened(open: Open, url: string, changed: Partial<LinkSettings> = {}): Opened {
  const messages: LinkMessage[] = [];
  const errors: LinkError[] = [];
  let ready = false;
  const link = open(settingsFor(url, changed), {
    connected: () => undefined,
    ready: () => {
      ready = true;
    },
    message: (message) => messages.push(message),
    closed: (error) => errors.push(error),
  });
  links.push(link);
  return { link, messages, errors, ready: () => ready };
}

/** Opens the real link, which a test may do more with than acknowledge. */
function openedReal(url: string, changed: Partial<LinkSettings> = {}) {
  let link: Link | undefined;
  const rest = opened(
    (settings, handlers) => {
      link = openLink(settings, handlers, systemClock);
      return link;
    },
    url,
    changed,
  );
  if (link === undefined) throw new Error('not opened');
  return { ...rest, link };
}

describe('acknowledgements', () => {
  const COUNT = 5;

  /** Sends some messages; what was handed on and what went back over the wire while nobody acknowledged any. */
  async function unacknowledged(open: Open) {
    const peer = await peerThat();
    const { link, messages, ready } = opened(open, peer.url, { keepaliveS: 1 });
    await eventually('the subscription', ready);
    peer.sendBytes(Buffer.concat(Array.from({ length: COUNT }, (_, index) => publishBytes(index + 1, 'a/b', '{}'))));
    await eventually('a message', () => messages.length > 0);
    // What was written before a ping comes before it.
    const pings = peer.of('pingreq').length;
    await eventually('a ping', () => peer.of('pingreq').length > pings, 10_000);
    return { peer, link, messages, handedOn: messages.length, acknowledged: peer.of('puback').length };
  }

  test('all messages are handed on, none is acknowledged before it is asked for', async () => {
    const { peer, link, messages, handedOn, acknowledged } = await unacknowledged(real);
    expect({ handedOn, acknowledged }).toEqual({ handedOn: COUNT, acknowledged: 0 });
    for (const { packetId } of messages) if (packetId !== undefined) link.ack(packetId);
    await eventually('the acknowledgements', () => peer.of('puback').length === COUNT);
    expect(peer.of('puback').map(({ messageId }) => messageId)).toEqual([1, 2, 3, 4, 5]);
  });

  const plainClient =
    (handleMessage: (done: () => void) => void): Open =>
    ({ url, filter, clientId }, handlers) => {
      const client = mqtt.connect(url, { protocolVersion: 5, clientId, reconnectPeriod: 0, keepalive: 1 });
      client.on('connect', () => client.subscribe(filter, { qos: 1 }, () => handlers.ready(1)));
      client.on('message', (topic, payload, { messageId, retain }) =>
        handlers.message({ topic, payload, retained: retain, packetId: messageId }),
      );
      client.handleMessage = (_packet, done) => handleMessage(done);
      return { ack: () => undefined, close: () => client.endAsync(true) };
    };

  test('mutant: MQTT.js by itself acknowledges before anybody asks', async () => {
    expect(await unacknowledged(plainClient((done) => done()))).toMatchObject({ acknowledged: COUNT });
  });
  test('mutant: MQTT.js that waits for the handler hands on one message at a time', async () => {
    expect(await unacknowledged(plainClient(() => undefined))).toMatchObject({ handedOn: 1, acknowledged: 0 });
  });
});

test('CONNECT says what the trigger asks for', async () => {
  const peer = await peerThat();
  const { ready } = opened(real, peer.url, {
    sessionExpiryS: 60,
    receiveMaximum: 1_010,
    username: 'ü',
    password: 'p:w',
  });
  await eventually('the subscription', ready);
  expect(peer.of('connect')[0]).toMatchObject({
    clientId: 'link',
    clean: false,
    keepalive: 10,
    username: 'ü',
    password: Buffer.from('p:w'),
    properties: { sessionExpiryInterval: 60, receiveMaximum: 1_010 },
  });
  expect(peer.of('subscribe')[0]).toMatchObject({ subscriptions: [{ topic: 'a/#', qos: 1, rh: 0 }] });
});

describe('a resumed session', () => {
  const resuming = (packet: Parameters<typeof obliging>[0], send: Parameters<typeof obliging>[1]) => {
    if (packet.cmd === 'connect') send({ cmd: 'connack', reasonCode: 0, sessionPresent: true });
    else obliging(packet, send);
  };
  test.each([
    [true, 1],
    [false, 0],
  ])('subscribeAnew %s: subscribes %i times', async (subscribeAnew, times) => {
    const peer = await peerThat(resuming);
    const { ready } = opened(real, peer.url, { subscribeAnew });
    await eventually('the link to be ready', ready);
    expect(peer.of('subscribe')).toHaveLength(times);
  });
});

describe('a link ends with the reason in words', () => {
  const refusals: [string, typeof obliging, Partial<LinkError>][] = [
    [
      'a refused connection',
      (packet, send) => packet.cmd === 'connect' && send({ cmd: 'connack', reasonCode: 0x87, sessionPresent: false }),
      { kind: 'refused', message: 'the broker refused the connection: Not authorized (0x87)' },
    ],
    [
      'a broker that is not ready yet',
      (packet, send) => packet.cmd === 'connect' && send({ cmd: 'connack', reasonCode: 0x88, sessionPresent: false }),
      { kind: 'unreachable', message: 'the broker refused the connection: Server unavailable (0x88)' },
    ],
    [
      'a refused subscription',
      (packet, send) =>
        packet.cmd === 'subscribe'
          ? send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [0x87] })
          : obliging(packet, send),
      { kind: 'refused', message: "the broker refused to subscribe 'a/#': Not authorized (0x87)" },
    ],
    [
      'a session taken over',
      (packet, send) => {
        obliging(packet, send);
        if (packet.cmd === 'subscribe') send({ cmd: 'disconnect', reasonCode: 0x8e });
      },
      { kind: 'takenOver', message: expect.stringContaining("client id 'link'") as unknown as string },
    ],
    [
      'QoS 2',
      (packet, send) => {
        obliging(packet, send);
        if (packet.cmd !== 'subscribe') return;
        send({ cmd: 'publish', topic: 'a/b', payload: '1', qos: 2, messageId: 1, retain: false, dup: false });
      },
      { kind: 'unreachable', code: 'ProtocolError' },
    ],
    ['silence', () => undefined, { kind: 'unreachable', code: 'ConnectTimeout' }],
    [
      'no answer to SUBSCRIBE',
      (packet, send) => packet.cmd === 'connect' && obliging(packet, send),
      { kind: 'unreachable', code: 'ConnectTimeout' },
    ],
  ];
  test.each(refusals)('%s', async (_what, answer, expected) => {
    const peer = await peerThat(answer);
    const { errors } = opened(real, peer.url, { connectTimeoutMs: 500 });
    await eventually('the end', () => errors.length > 0);
    expect(errors[0]).toBeInstanceOf(LinkError);
    expect(errors[0]).toMatchObject(expected);
    await eventually('the socket to be closed', () => !peer.isConnected());
    expect(errors).toHaveLength(1);
  });

  test('shared subscriptions that the broker does not have', async () => {
    const peer = await peerThat((packet, send) => {
      const properties = { sharedSubscriptionAvailable: false };
      if (packet.cmd === 'connect') send({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties });
      else obliging(packet, send);
    });
    const { errors } = opened(real, peer.url, { filter: '$share/g/a' });
    await eventually('the end', () => errors.length > 0);
    expect(errors[0]).toMatchObject({ kind: 'refused' });
  });

  test('nobody there', async () => {
    const peer = await testPeer();
    await peer.close();
    const { errors } = opened(real, peer.url);
    await eventually('the end', () => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'ECONNREFUSED', kind: 'unreachable' });
  });
});

describe('a silent peer', () => {
  test('is noticed after one and a half keepalives', async () => {
    const peer = await peerThat((packet, send) => {
      if (packet.cmd !== 'pingreq') obliging(packet, send);
    });
    const { errors, ready } = opened(real, peer.url, { keepaliveS: 1 });
    await eventually('the subscription', ready);
    await eventually('the silence to be noticed', () => errors.length > 0, 10_000);
    expect(errors[0]).toMatchObject({ code: 'PeerSilent' });
    expect(peer.of('pingreq').length).toBeGreaterThan(0);
  });
  test('mutant: one that answers pings is kept', async () => {
    const peer = await peerThat();
    const { errors, ready } = opened(real, peer.url, { keepaliveS: 1 });
    await eventually('the subscription', ready);
    await eventually('many pings', () => peer.of('pingreq').length >= 5, 10_000);
    expect(errors).toEqual([]);
  });
});

test('paused, it reads no further than one message, keeps its pings up, and goes on where it was', async () => {
  const peer = await peerThat();
  const { link, messages, errors, ready } = openedReal(peer.url, { keepaliveS: 1 });
  await eventually('the subscription', ready);
  link.pause();
  peer.sendBytes(Buffer.concat([1, 2, 3].map((id) => publishBytes(id, 'a/b', String(id)))));
  const pings = peer.of('pingreq').length;
  await eventually('pings to go on', () => peer.of('pingreq').length >= pings + 4, 10_000);
  expect(messages).toHaveLength(1);
  expect(errors).toEqual([]);
  link.resume();
  await eventually('the rest', () => messages.length === 3);
  expect(messages.map(({ payload }) => payload.toString())).toEqual(['1', '2', '3']);
});

describe('publishing', () => {
  test('is confirmed by the broker, with whether anybody listens', async () => {
    let reasonCode = 0;
    const peer = await peerThat((packet, send) => {
      if (packet.cmd === 'publish') send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
      else obliging(packet, send);
    });
    const { link, ready } = openedReal(peer.url);
    await eventually('the subscription', ready);
    await expect(link.publish('dead', Buffer.from('x'), { errorCode: 'E' })).resolves.toEqual({ matched: true });
    expect(peer.of('publish')[0]).toMatchObject({
      topic: 'dead',
      qos: 1,
      properties: { userProperties: { errorCode: 'E' } },
    });
    reasonCode = 0x10;
    await expect(link.publish('dead', Buffer.from('x'), {})).resolves.toEqual({ matched: false });
    reasonCode = 0x87;
    await expect(link.publish('dead', Buffer.from('x'), {})).rejects.toThrow('Not authorized');
  });
  test('rejects when the connection goes before the answer', async () => {
    const peer = await peerThat((packet, send) => packet.cmd !== 'publish' && obliging(packet, send));
    const { link, ready } = openedReal(peer.url);
    await eventually('the subscription', ready);
    const published = link.publish('dead', Buffer.from('x'), {});
    published.catch(() => undefined);
    await eventually('the message', () => peer.of('publish').length > 0);
    await peer.close();
    peers = [];
    await expect(published).rejects.toThrow();
  });
});

test('bytes that are no MQTT end the link, whatever they are; nothing is thrown past it', async () => {
  const peer = await peerThat();
  // Deterministic noise: a small linear congruential generator.
  let seed = 1;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const rounds = 40;
  for (let round = 0; round < rounds; round += 1) {
    const { link, errors, ready } = openedReal(peer.url, { keepaliveS: 1 });
    await eventually('the subscription', ready);
    const good = Buffer.concat([
      publishBytes(1, 'a/b', '{"a":1}'),
      Buffer.from([0xd0, 0x00]),
      publishBytes(2, 'a/ü', Buffer.alloc(50, 0xff)),
    ]);
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips -= 1) {
      good[Math.floor(random() * good.length)] = Math.floor(random() * 256);
    }
    peer.sendBytes(good);
    // Either it was still MQTT, and what follows is answered, or the link has ended (or waits for the rest of a packet).
    peer.sendBytes(Buffer.from([0xd0, 0x00]));
    const pings = peer.of('pingreq').length;
    await eventually('an end or a ping', () => errors.length > 0 || peer.of('pingreq').length > pings, 10_000);
    await link.close();
  }
}, 60_000);

test('closing says goodbye, and a peer that does not answer it is left', async () => {
  const peer = await peerThat();
  const { link, ready } = openedReal(peer.url);
  await eventually('the subscription', ready);
  await Promise.all([link.close(), link.close()]);
  expect(peer.of('disconnect')[0]?.reasonCode ?? 0).toBe(0);
  await eventually('the socket to be closed', () => !peer.isConnected());
});
