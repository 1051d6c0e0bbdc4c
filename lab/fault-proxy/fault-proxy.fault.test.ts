import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Broker, startBroker } from './testing/broker.ts';
import type { Protocol } from './testing/packets.ts';
import { until } from './testing/peers.ts';
import {
  eventIds,
  ids,
  isHit,
  LAST,
  lastArrived,
  SEED,
  scenario,
  send,
  sendEvents,
  WAIT_MS,
} from './testing/scenario.ts';

const BOOT_TIMEOUT_MS = 120_000;
const TEST_TIMEOUT_MS = 90_000;
const MINUTES_MS = 600_000;

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.stop(), BOOT_TIMEOUT_MS);

const persistentSession = (clientId: string, protocol: Protocol) => ({
  clientId,
  clean: false,
  ...(protocol === 5 ? { properties: { sessionExpiryInterval: 3_600 } } : {}),
});

const { proxyWith, client, close } = scenario(() => broker);
afterEach(close);

describe.each<Protocol>([4, 5])('MQTT.js with protocol %i and RabbitMQ', (protocol) => {
  test(
    'dropping one in ten loses exactly the messages that the seed says, whatever the timing',
    async () => {
      const rate = 0.1;
      const dropped = eventIds.filter((id) => isHit('loss', rate, id));
      expect(dropped.length).toBeGreaterThan(15);
      for (const [run, events, atOnce] of [
        ['one', eventIds, 60],
        ['two', eventIds.toReversed(), 7],
      ] as const) {
        const proxy = await proxyWith([{ type: 'drop', name: 'loss', rate }]);
        const subscriber = await client(proxy.port, protocol);
        const publisher = await client(broker.mqtt.port, protocol);
        const topic = `drop/${protocol}/${run}`;
        await subscriber.mqtt.subscribeAsync(topic, { qos: 0 });
        await send(publisher, topic, events, atOnce);
        await lastArrived(subscriber);
        const arrived = new Set(ids(subscriber));
        expect(eventIds.filter((id) => !arrived.has(id))).toEqual(dropped);
        const { hits, downstream } = proxy.journal();
        expect(hits.map(({ identity }) => identity).toSorted()).toEqual(dropped.toSorted());
        expect(downstream).toMatchObject({ dropped: dropped.length, passed: eventIds.length - dropped.length + 1 });
      }
      expect(eventIds.filter((id) => isHit('loss', rate, id, SEED + 1))).not.toEqual(dropped);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'upstream, what a publisher loses never reaches the broker; what is acknowledged does',
    async () => {
      const rate = 0.2;
      const proxy = await proxyWith([{ type: 'drop', name: 'loss', rate, direction: 'upstream' }]);
      const subscriber = await client(broker.mqtt.port, protocol);
      const publisher = await client(proxy.port, protocol);
      const topic = `up/${protocol}`;
      await subscriber.mqtt.subscribeAsync(topic, { qos: 1 });
      await send(publisher, topic, eventIds, 30, 0);
      await lastArrived(subscriber);
      expect(ids(subscriber)).toEqual([...eventIds.filter((id) => !isHit('loss', rate, id)), LAST]);
      await send(publisher, topic, eventIds, 30, 1);
      await until('all of QoS 1', () => ids(subscriber).filter((id) => id === LAST).length === 2, WAIT_MS);
      expect(proxy.counters().upstream.dropped).toBe(eventIds.filter((id) => isHit('loss', rate, id)).length);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'duplicates of QoS 1 have the same packet id and DUP; acknowledged twice, the session goes on',
    async () => {
      const proxy = await proxyWith([{ type: 'duplicate', name: 'again', rate: 0.3 }]);
      const subscriber = await client(proxy.port, protocol);
      const publisher = await client(broker.mqtt.port, protocol);
      const topic = `twice/${protocol}`;
      await subscriber.mqtt.subscribeAsync(topic, { qos: 1 });
      await send(publisher, topic, eventIds);
      await lastArrived(subscriber);
      const expected = eventIds.flatMap((id) => (isHit('again', 0.3, id) ? [id, id] : [id]));
      expect(ids(subscriber).filter((id) => id !== LAST)).toEqual(expected);
      const copies = subscriber.received.filter(({ dup }) => dup);
      expect(copies.length).toBeGreaterThan(50);
      for (const copy of copies) {
        const original = subscriber.received[subscriber.received.indexOf(copy) - 1];
        expect(original).toMatchObject({ dup: false, messageId: copy.messageId, payload: copy.payload });
      }
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'reordered messages all arrive, each overtaken by no more than allowed',
    async () => {
      const packets = 3;
      const proxy = await proxyWith([{ type: 'reorder', name: 'late', rate: 0.2, packets }]);
      const subscriber = await client(proxy.port, protocol);
      const publisher = await client(broker.mqtt.port, protocol);
      await subscriber.mqtt.subscribeAsync(`order/${protocol}`, { qos: 1 });
      await send(publisher, `order/${protocol}`, eventIds);
      await until('all', () => subscriber.received.length === eventIds.length + 1, WAIT_MS);
      const order = ids(subscriber)
        .filter((id) => id !== LAST)
        .map((id) => eventIds.indexOf(id));
      expect(order.toSorted((a, b) => a - b)).toEqual(eventIds.map((_, i) => i));
      const overtaken = order.map((number, at) => order.slice(0, at).filter((other) => other > number).length);
      expect(Math.max(...overtaken)).toBe(packets);
      expect(
        order.filter((_, at) => (overtaken[at] ?? 0) > 0).every((number) => isHit('late', 0.2, `event-${number}`)),
      ).toBe(true);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'delayed messages come late and in order; taken out, the delay ends at once',
    async () => {
      const proxy = await proxyWith([{ type: 'delay', rate: 0.1, delayMs: 150, jitterMs: 50 }]);
      const subscriber = await client(proxy.port, protocol);
      const publisher = await client(broker.mqtt.port, protocol);
      await subscriber.mqtt.subscribeAsync(`late/${protocol}`, { qos: 1 });
      await send(publisher, `late/${protocol}`, eventIds);
      await lastArrived(subscriber);
      expect(ids(subscriber)).toEqual([...eventIds, LAST]);
      const lateness = new Map(
        subscriber.payloads().map((text) => [JSON.parse(text).eventId, Date.now() - JSON.parse(text).at]),
      );
      for (const { identity, delayMs = 0 } of proxy.journal().hits) {
        expect(delayMs).toBeGreaterThanOrEqual(100);
        expect(delayMs).toBeLessThanOrEqual(200);
        expect(lateness.get(identity)).toBeGreaterThanOrEqual(delayMs);
      }
      proxy.setToxics([{ type: 'delay', rate: 1, delayMs: MINUTES_MS }]);
      await publisher.mqtt.publishAsync(`late/${protocol}`, '{"eventId":"stuck"}', { qos: 1 });
      await until('a message to wait', () => (proxy.connections()[0]?.waitingBytes.downstream ?? 0) > 0, WAIT_MS);
      expect(ids(subscriber)).not.toContain('stuck');
      proxy.setToxics([]);
      await until('the message', () => ids(subscriber).includes('stuck'), WAIT_MS);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'what is sent while the link is down: a persistent session gets it, a clean one does not',
    async () => {
      const proxy = await proxyWith([]);
      const persistent = await client(proxy.port, protocol, persistentSession(`persistent-${protocol}`, protocol));
      const clean = await client(proxy.port, protocol, { clientId: `clean-${protocol}` });
      const publisher = await client(broker.mqtt.port, protocol);
      const topic = `flap/${protocol}`;
      let subscribed = 0;
      clean.mqtt.on('packetreceive', ({ cmd }) => {
        if (cmd === 'suback') subscribed += 1;
      });
      for (const one of [persistent, clean]) await one.mqtt.subscribeAsync(topic, { qos: 1 });
      proxy.setToxics([{ type: 'flap', upMs: 1, downMs: MINUTES_MS }]);
      await until('both to be cut', () => !persistent.mqtt.connected && !clean.mqtt.connected, WAIT_MS);
      await send(publisher, topic, ['while down']);
      proxy.setToxics([]);
      await lastArrived(persistent);
      expect(ids(persistent)).toEqual(['while down', LAST]);
      await until('the clean session to have subscribed again, by itself', () => subscribed === 2, WAIT_MS);
      await publisher.mqtt.publishAsync(topic, '{"eventId":"after"}', { qos: 1 });
      await until('what is sent afterwards', () => ids(clean).includes('after'), WAIT_MS);
      expect(ids(clean)).toEqual(['after']);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'again and again down: QoS 1 in a persistent session loses nothing; so does a dropped PUBLISH that cuts',
    async () => {
      const proxy = await proxyWith([]);
      const subscriber = await client(proxy.port, protocol, persistentSession(`again-${protocol}`, protocol));
      const publisher = await client(broker.mqtt.port, protocol);
      const topic = `again/${protocol}`;
      await subscriber.mqtt.subscribeAsync(topic, { qos: 1 });
      proxy.setToxics([
        { type: 'flap', upMs: 400, downMs: 100 },
        { type: 'drop', rate: 0.02, qos: [1] },
      ]);
      const disturbed = () => proxy.counters().cuts > 3 && proxy.counters().downstream.dropped > 0;
      for (let batch = 0; !disturbed(); batch += 1) {
        const events = eventIds.slice(0, 10).map((id) => `${batch}/${id}`);
        await sendEvents(publisher, topic, events);
        await until('each message at least once', () => events.every((id) => ids(subscriber).includes(id)), WAIT_MS);
      }
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'garbage is the broker’s to refuse; others go on',
    async () => {
      const proxy = await proxyWith([]);
      const subscriber = await client(proxy.port, protocol);
      const hostile = await client(proxy.port, protocol, { reconnectPeriod: 0 });
      hostile.mqtt.stream.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]));
      await until('the broker to refuse it', () => !hostile.mqtt.connected, WAIT_MS);
      await subscriber.mqtt.subscribeAsync('well', { qos: 0 });
      await subscriber.mqtt.publishAsync('well', '{"eventId":"well"}');
      await until('the message', () => ids(subscriber).includes('well'), WAIT_MS);
    },
    TEST_TIMEOUT_MS,
  );
});

test(
  'topic aliases of both sides: what is lost upstream and downstream leaves every topic right',
  async () => {
    const rate = 0.3;
    const proxy = await proxyWith([
      { type: 'drop', name: 'up', rate, direction: 'upstream' },
      { type: 'drop', name: 'down', rate, direction: 'downstream' },
      { type: 'reorder', name: 'late', rate, packets: 2, direction: 'upstream' },
    ]);
    const aliases = { properties: { topicAliasMaximum: 3 }, autoUseTopicAlias: true, autoAssignTopicAlias: true };
    const subscriber = await client(proxy.port, 5, aliases);
    const publisher = await client(proxy.port, 5, aliases);
    await subscriber.mqtt.subscribeAsync('alias/#', { qos: 0 });
    const topicOf = (id: string) => `alias/${id.length}/${Number(id.slice(6)) % 5}`;
    const topics: string[] = [];
    subscriber.mqtt.on('message', (topic, payload) =>
      topics.push(`${topic} ${JSON.parse(payload.toString()).eventId}`),
    );
    for (const eventId of eventIds) await publisher.mqtt.publishAsync(topicOf(eventId), JSON.stringify({ eventId }));
    const expected = eventIds.filter((id) => !isHit('up', rate, id) && !isHit('down', rate, id));
    await until('all that is not lost', () => topics.length >= expected.length, WAIT_MS);
    expect(topics.toSorted()).toEqual(expected.map((id) => `${topicOf(id)} ${id}`).toSorted());
  },
  TEST_TIMEOUT_MS,
);
