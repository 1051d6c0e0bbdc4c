import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { LinkError } from './link-error.ts';
import { testLinks } from './test-link.ts';
import { obliging, publishBytes, testPeer } from './test-peer.ts';

const { peerThat, opened, close } = testLinks();
afterEach(close);

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
    const { errors } = opened(peer.url, { connectTimeoutMs: 500 });
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
    const { errors } = opened(peer.url, { filter: '$share/g/a' });
    await eventually('the end', () => errors.length > 0);
    expect(errors[0]).toMatchObject({ kind: 'refused' });
  });

  test('nobody there', async () => {
    const peer = await testPeer();
    await peer.close();
    const { errors } = opened(peer.url);
    await eventually('the end', () => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'ECONNREFUSED', kind: 'unreachable' });
  });
});

describe('a silent peer', () => {
  test('is noticed after one and a half keepalives', async () => {
    const peer = await peerThat((packet, send) => {
      if (packet.cmd !== 'pingreq') obliging(packet, send);
    });
    const { errors, ready } = opened(peer.url, { keepaliveS: 1 });
    await eventually('the subscription', ready);
    await eventually('the silence to be noticed', () => errors.length > 0, 10_000);
    expect(errors[0]).toMatchObject({ code: 'PeerSilent' });
    expect(peer.of('pingreq').length).toBeGreaterThan(0);
  });
  test('mutant: one that answers pings is kept', async () => {
    const peer = await peerThat();
    const { errors, ready } = opened(peer.url, { keepaliveS: 1 });
    await eventually('the subscription', ready);
    await eventually('many pings', () => peer.of('pingreq').length >= 5, 10_000);
    expect(errors).toEqual([]);
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
  const rounds = 25;
  for (let round = 0; round < rounds; round += 1) {
    const { link, errors, ready } = opened(peer.url, { keepaliveS: 1 });
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
