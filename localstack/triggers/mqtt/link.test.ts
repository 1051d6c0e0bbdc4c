import mqtt from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { systemClock } from '../clock.ts';
import { type Link, openLink } from './link.ts';
import { type OpenLink, testLinks } from './test-link.ts';
import { obliging, publishBytes } from './test-peer.ts';

type AckLink = Pick<Link, 'ack' | 'close'>;
const real: OpenLink<AckLink> = (settings, handlers) => openLink(settings, handlers, systemClock);
const { peerThat, openedBy, opened, close } = testLinks();
afterEach(close);

describe('acknowledgements', () => {
  const COUNT = 5;

  /** Sends some messages; what was handed on and what went back over the wire while nobody acknowledged any. */
  async function unacknowledged(open: OpenLink<AckLink>) {
    const peer = await peerThat();
    const { link, messages, ready } = openedBy(open, peer.url, { keepaliveS: 1 });
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
    (handleMessage: (done: () => void) => void): OpenLink<AckLink> =>
    ({ url, filter, clientId }, handlers) => {
      const client = mqtt.connect(url, { protocolVersion: 5, clientId, reconnectPeriod: 0, keepalive: 1 });
      client.on('connect', () => client.subscribe(filter, { qos: 1 }, () => handlers.ready(1)));
      client.on('message', (topic, payload, { messageId, retain }) =>
        handlers.message({ topic, payload, userProperties: undefined, retained: retain, packetId: messageId }),
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
  const { ready } = opened(peer.url, {
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
    const { ready } = opened(peer.url, { subscribeAnew });
    await eventually('the link to be ready', ready);
    expect(peer.of('subscribe')).toHaveLength(times);
  });
});

test('paused, it reads no further than one message, keeps its pings up, and goes on where it was', async () => {
  const peer = await peerThat();
  const { link, messages, errors, ready } = opened(peer.url, { keepaliveS: 1 });
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
    const { link, ready } = opened(peer.url);
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
    const { link, ready } = opened(peer.url);
    await eventually('the subscription', ready);
    const published = link.publish('dead', Buffer.from('x'), {});
    published.catch(() => undefined);
    await eventually('the message', () => peer.of('publish').length > 0);
    await peer.close();
    await expect(published).rejects.toThrow();
  });
});

test('closing says goodbye, and a peer that does not answer it is left', async () => {
  const peer = await peerThat();
  const { link, ready } = opened(peer.url);
  await eventually('the subscription', ready);
  await Promise.all([link.close(), link.close()]);
  expect(peer.of('disconnect')[0]?.reasonCode ?? 0).toBe(0);
  await eventually('the socket to be closed', () => !peer.isConnected());
});
