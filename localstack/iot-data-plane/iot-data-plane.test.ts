import {
  GetRetainedMessageCommand,
  type IoTDataPlaneClient,
  ListRetainedMessagesCommand,
  PublishCommand,
  type PublishCommandInput,
  paginateListRetainedMessages,
  ResourceNotFoundException,
} from '@aws-sdk/client-iot-data-plane';
import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestBroker, type TestBroker } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { startIotDataPlane } from './iot-data-plane.ts';
import { MAX_PAYLOAD_BYTES } from './request-body.ts';
import { quiet, sdkClient } from './testing/sdk-client.ts';
import type { IotDataPlane } from './types.ts';

const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 90_000;
const DEADLINE_MS = 30_000;

let broker: TestBroker;
let plane: IotDataPlane;
let sdk: IoTDataPlaneClient;
let subscriber: MqttClient;
const received: IPublishPacket[] = [];
const answered: [string, number][] = [];

beforeAll(async () => {
  broker = await startTestBroker();
  const mqttUrl = broker.endpoints.mqtt;
  const onRequest = (operation: string, status: number) => void answered.push([operation, status]);
  plane = await startIotDataPlane({ host: '127.0.0.1', port: 0, mqttUrl, logger: quiet, onRequest });
  sdk = sdkClient(plane.url);
  subscriber = await mqtt.connectAsync(mqttUrl, { protocolVersion: 5 });
  subscriber.on('message', (_topic, _payload, packet) => void received.push(packet));
  await subscriber.subscribeAsync('#', { qos: 1, rap: true });
}, BOOT_LIMIT_MS);

afterAll(async () => {
  await subscriber.endAsync();
  sdk.destroy();
  await plane.close();
  await broker.remove();
}, BOOT_LIMIT_MS);

const publish = (input: PublishCommandInput) => sdk.send(new PublishCommand(input));
const arrived = (topic: string) =>
  eventually(`a message on ${topic}`, () => received.find((packet) => packet.topic === topic), DEADLINE_MS);
const get = (topic: string) => sdk.send(new GetRetainedMessageCommand({ topic }));
const isoProperties = (packet: IPublishPacket) => Object.entries(packet.properties?.userProperties ?? {});

describe('Publish', () => {
  test('every field arrives at an MQTT 5 subscriber', async () => {
    await publish({
      topic: 'wards/icu 1/ä/%2F',
      qos: 1,
      retain: true,
      payload: Buffer.from([0, 255, 10]),
      contentType: 'application/x; charset="utf-8" +&',
      responseTopic: 'answers/a b',
      correlationData: Buffer.from([1, 0, 254]).toString('base64'),
      messageExpiry: 3_600,
      payloadFormatIndicator: 'UTF8_DATA',
      userProperties: JSON.stringify([{ a: '1' }, { b: 'ü\n' }, { a: '2', __proto__x: 'p' }, { '': '' }]),
    });
    const packet = await arrived('wards/icu 1/ä/%2F');
    expect(packet).toMatchObject({ qos: 1, retain: true, payload: Buffer.from([0, 255, 10]) });
    expect(packet.properties).toMatchObject({
      contentType: 'application/x; charset="utf-8" +&',
      responseTopic: 'answers/a b',
      correlationData: Buffer.from([1, 0, 254]),
      payloadFormatIndicator: true,
    });
    expect(packet.properties?.messageExpiryInterval).toBeGreaterThan(3_500);
    expect(isoProperties(packet)).toEqual([
      ['a', ['1', '2']],
      ['b', 'ü\n'],
      ['__proto__x', 'p'],
      ['', ''],
    ]);
  });

  test('with nothing but a topic: QoS 0, not retained, empty, no properties', async () => {
    await publish({ topic: 'bare' });
    const packet = await arrived('bare');
    expect(packet).toMatchObject({ qos: 0, retain: false });
    expect([packet.payload.length, packet.properties]).toEqual([0, undefined]);
  });

  test('a user property named __proto__ is one as any', async () => {
    await publish({ topic: 'proto', userProperties: '[{"__proto__": "x"}]' });
    expect(isoProperties(await arrived('proto'))).toEqual([['__proto__', 'x']]);
  });

  test.each([
    [0, '[]'],
    [1, '[]'],
    [0, '[{}]'],
    [1, '[{}]'],
  ])('QoS %i with user properties of not one pair, %s: it arrives without', async (qos, userProperties) => {
    const topic = `empty/${qos}/${userProperties.length}`;
    await publish({ topic, qos, userProperties });
    expect((await arrived(topic)).properties).toBeUndefined();
  });

  test('what the limits allow arrives: their very edges', async () => {
    const longest = `${'t'.repeat(240)}/1/2/3/4/5/6/77`;
    expect([Buffer.byteLength(longest), longest.split('/').length]).toEqual([255, 8]);
    await publish({ topic: `${longest}7`, qos: 1, payload: Buffer.alloc(MAX_PAYLOAD_BYTES, 1) });
    expect((await arrived(`${longest}7`)).payload).toHaveLength(MAX_PAYLOAD_BYTES);
    const value = 'v'.repeat(8 * 1024 - 1);
    await publish({ topic: 'edges', userProperties: JSON.stringify([{ n: value }]), messageExpiry: 2 ** 32 - 1 });
    expect(isoProperties(await arrived('edges'))).toEqual([['n', value]]);
  });

  test('messages of one caller that waits arrive in order', async () => {
    for (let i = 0; i < 30; i += 1) await publish({ topic: 'order', qos: i % 2 === 0 ? 1 : 0, payload: Buffer.of(i) });
    const all = await eventually('all of them', () => {
      const of = received.filter(({ topic }) => topic === 'order');
      return of.length === 30 && of;
    });
    // QoS 0 and 1 go to the subscriber by queues of their own.
    for (const qos of [0, 1]) {
      const sequence = all.filter((packet) => packet.qos === qos).map(({ payload }) => payload[0]);
      expect(sequence).toEqual(Array.from({ length: 15 }, (_, i) => 2 * i + (qos === 1 ? 0 : 1)));
    }
  });
});

describe('retained messages', () => {
  test('are read as they were published; an empty payload clears them', async () => {
    const before = Date.now();
    const userProperties = JSON.stringify([{ device: 'alpha' }, { n: '1' }, { n: '2' }]);
    await publish({ topic: 'kept/1', qos: 1, retain: true, payload: Buffer.from('one'), userProperties });
    const found = await get('kept/1');
    expect(found).toMatchObject({ topic: 'kept/1', qos: 1 });
    expect(Buffer.from(found.payload ?? []).toString()).toBe('one');
    expect(JSON.parse(Buffer.from(found.userProperties ?? []).toString())).toEqual([
      { device: 'alpha' },
      { n: '1' },
      { n: '2' },
    ]);
    expect(found.lastModifiedTime).toBeGreaterThanOrEqual(before);
    expect(found.lastModifiedTime).toBeLessThanOrEqual(Date.now());
    await publish({ topic: 'kept/1', retain: true });
    await expect(get('kept/1')).rejects.toThrow(ResourceNotFoundException);
  });

  test('the newest one counts; one that is not retained leaves it', async () => {
    await publish({ topic: 'kept/2', qos: 0, retain: true, payload: Buffer.from('old') });
    await publish({ topic: 'kept/2', qos: 0, retain: true, payload: Buffer.from('new') });
    await publish({ topic: 'kept/2', qos: 1, payload: Buffer.from('passing') });
    const found = await get('kept/2');
    expect([Buffer.from(found.payload ?? []).toString(), found.qos]).toEqual(['new', 0]);
    expect(found.userProperties).toBeUndefined();
  });

  test('none: 404; a topic that is none: 400', async () => {
    await expect(get('kept/nothing')).rejects.toThrow(ResourceNotFoundException);
    for (const topic of ['#', 'a/+', '$SYS/x', 'a.b', 'a/*/b']) {
      await expect(get(topic)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    }
  });

  test('many readers at once get each their own', async () => {
    const topics = Array.from({ length: 60 }, (_, i) => `many/${i}`);
    for (const topic of topics) await publish({ topic, retain: true, payload: Buffer.from(topic) });
    const found = await Promise.all([...topics, 'many/none'].map((topic) => get(topic).catch((error) => error.name)));
    expect(found.map((one) => (typeof one === 'string' ? one : Buffer.from(one.payload).toString()))).toEqual([
      ...topics,
      'ResourceNotFoundException',
    ]);
  });

  test('are listed page by page, those of devices too; cleared and expired ones are not', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    const list = async (maxResults: number) => {
      const topics: (string | undefined)[] = [];
      const pages = paginateListRetainedMessages({ client: sdk, pageSize: maxResults }, {});
      for await (const { retainedTopics } of pages) topics.push(...(retainedTopics ?? []).map(({ topic }) => topic));
      return topics.filter((topic) => topic?.startsWith('list/'));
    };
    await subscriber.publishAsync('list/device', 'from a device', { qos: 1, retain: true });
    await publish({ topic: 'list/b', qos: 1, retain: true, payload: Buffer.from('12345') });
    await publish({ topic: 'list/a', qos: 0, retain: true, payload: Buffer.from('1') });
    await publish({ topic: 'list/cleared', retain: true, payload: Buffer.from('1') });
    await publish({ topic: 'list/cleared', retain: true });
    await publish({ topic: 'list/expired', retain: true, payload: Buffer.from('1'), messageExpiry: 1 });
    const expected = ['list/a', 'list/b', 'list/device'];
    await eventually('the list', async () => (await list(200)).join() === expected.join(), DEADLINE_MS);
    expect(await list(1)).toEqual(expected);
    expect(await list(3)).toEqual(expected);
    const all = await sdk.send(new ListRetainedMessagesCommand({ maxResults: 200 }));
    expect(all.retainedTopics).toContainEqual({
      topic: 'list/b',
      payloadSize: 5,
      qos: 1,
      lastModifiedTime: expect.any(Number),
    });
    await subscriber.publishAsync('list/device', '', { qos: 1, retain: true });
    await eventually('the device’s to be gone', async () => (await list(200)).join() === 'list/a,list/b', DEADLINE_MS);
  });

  test.each([{ maxResults: 0 }, { maxResults: 201 }, { nextToken: 'x' }, { nextToken: '' }])(
    '%j: 400',
    async (input) => {
      await expect(sdk.send(new ListRetainedMessagesCommand(input))).rejects.toMatchObject({
        name: 'InvalidRequestException',
      });
    },
  );
});

test('every answer was told, and by which operation', () => {
  const told = new Set(answered.map(([operation, status]) => `${operation} ${status}`));
  for (const one of ['Publish 200', 'GetRetainedMessage 400', 'GetRetainedMessage 404', 'ListRetainedMessages 200']) {
    expect(told).toContain(one);
  }
});
