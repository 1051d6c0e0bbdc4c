import { afterEach, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { type Answer, obliging, type TestPeer, testPeer } from '../triggers/mqtt/test-peer.ts';
import { type Outgoing, openWardConnection, type WardConnection } from './ward-connection.ts';

const LIMITS = { mostKept: 20, mostInFlight: 4 };
const NO_MATCHING_SUBSCRIBERS = 0x10;
const NOT_AUTHORIZED = 0x87;

const peers: TestPeer[] = [];
const connections: WardConnection[] = [];
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

async function connected(answer: Answer) {
  const peer = await testPeer(answer);
  peers.push(peer);
  const acknowledged: string[] = [];
  const reasons: string[] = [];
  let sentAgain = 0;
  const connection = openWardConnection({
    url: peer.url,
    ward: 'icu-1',
    limits: LIMITS,
    onSent: (_message, again) => {
      if (again) sentAgain += 1;
    },
    onAcknowledged: ({ payload }) => acknowledged.push(payload),
    onDown: (why) => reasons.push(why),
    onUp: () => undefined,
  });
  connections.push(connection);
  return { peer, connection, acknowledged, reasons, sentAgain: () => sentAgain };
}

const message = (payload: string): Outgoing => ({ topic: 'hl/icu-1/bed-01/p/vitals', payload, readings: 1 });
const publishedBy = (peer: TestPeer) => peer.of('publish').map(({ payload }) => payload.toString());

test.each([
  [NO_MATCHING_SUBSCRIBERS, 'the broker has no stream for vital signs'],
  [NOT_AUTHORIZED, 'the broker refused a message (reason 135)'],
])('a message that is answered with reason %d is kept by nobody, and sent again', async (reasonCode, why) => {
  let refused = false;
  const { peer, connection, acknowledged, reasons, sentAgain } = await connected((packet, send) => {
    if (packet.cmd !== 'publish' || refused) return obliging(packet, send);
    refused = true;
    send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
  });
  connection.send(message('a'));
  connection.send(message('b'));
  await eventually('both to be acknowledged', () => acknowledged.length === 2);
  expect(acknowledged.toSorted()).toEqual(['a', 'b']);
  expect(reasons).toEqual([why]);
  expect(publishedBy(peer).filter((payload) => payload === 'a')).toHaveLength(2);
  expect(sentAgain()).toBeGreaterThanOrEqual(1);
});

test('no more are under way than may be, and the next one goes out with each acknowledgement', async () => {
  const { peer, connection, acknowledged } = await connected((packet, send) => {
    if (packet.cmd !== 'publish') obliging(packet, send);
  });
  for (const payload of ['a', 'b', 'c', 'd', 'e', 'f']) connection.send(message(payload));
  await eventually('four messages', () => publishedBy(peer).length === LIMITS.mostInFlight);
  expect([connection.outbox.inFlight, connection.outbox.waiting]).toEqual([4, 2]);
  peer.send({ cmd: 'puback', messageId: peer.of('publish')[0]?.messageId ?? 0 });
  await eventually('the fifth', () => publishedBy(peer).length === 5);
  expect(acknowledged).toEqual(['a']);
  expect(publishedBy(peer)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a broker that keeps no message is asked less and less often', async () => {
  const { peer, connection } = await connected((packet, send) => {
    if (packet.cmd !== 'publish') return obliging(packet, send);
    send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: NO_MATCHING_SUBSCRIBERS });
  });
  connection.send(message('a'));
  await eventually('a fourth connection', () => peer.connectedAtMs.length === 4);
  const [first = 0, second = 0, third = 0, fourth = 0] = peer.connectedAtMs;
  // At least half of 200 ms, of 400 ms and of 800 ms.
  expect(second - first).toBeGreaterThanOrEqual(95);
  expect(third - second).toBeGreaterThanOrEqual(195);
  expect(fourth - third).toBeGreaterThanOrEqual(395);
});

test('a refused connection is tried again, and why is told', async () => {
  let attempts = 0;
  const { connection, acknowledged, reasons } = await connected((packet, send) => {
    if (packet.cmd === 'connect') attempts += 1;
    if (packet.cmd === 'connect' && attempts < 3) {
      send({ cmd: 'connack', reasonCode: NOT_AUTHORIZED, sessionPresent: false });
    } else obliging(packet, send);
  });
  connection.send(message('a'));
  await eventually('the third attempt to be taken', () => acknowledged.length === 1);
  expect(reasons).toHaveLength(2);
  expect(reasons[0]).toMatch(/Not authorized/);
});
