import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetRetainedMessageCommand,
  type IoTDataPlaneClient,
  ListRetainedMessagesCommand,
  PublishCommand,
} from '@aws-sdk/client-iot-data-plane';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestBroker, type TestBroker } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { startIotDataPlane } from './iot-data-plane.ts';
import { quiet, sdkClient } from './testing/sdk-client.ts';

const BOOT_LIMIT_MS = 120_000;

let broker: TestBroker;
let device: MqttClient;
let folder: string;
let indexFile: string;
const warnings: string[] = [];

beforeAll(async () => {
  broker = await startTestBroker();
  device = await mqtt.connectAsync(broker.endpoints.mqtt, { protocolVersion: 5 });
  folder = await mkdtemp(join(tmpdir(), 'heartline-iot-'));
  indexFile = join(folder, 'index.json');
}, BOOT_LIMIT_MS);

afterAll(async () => {
  await device.endAsync();
  await broker.remove();
  await rm(folder, { recursive: true, force: true });
}, BOOT_LIMIT_MS);

/** Does something with a data plane that follows none of the topics used here, from its start to its end. */
async function withPlane<T>(act: (sdk: IoTDataPlaneClient) => Promise<T>, file = indexFile): Promise<T> {
  const logger = { ...quiet, warn: (message: string) => void warnings.push(message) };
  const mqttUrl = broker.endpoints.mqtt;
  const options = { host: '127.0.0.1', port: 0, mqttUrl, logger, retainedFilters: ['followed/#'], indexFile: file };
  const plane = await startIotDataPlane(options);
  const sdk = sdkClient(plane.url);
  try {
    await eventually('the broker', () => sdk.send(new PublishCommand({ topic: 'probe', qos: 1 })));
    return await act(sdk);
  } finally {
    sdk.destroy();
    await plane.close();
  }
}

const retain = (sdk: IoTDataPlaneClient, topic: string, text: string, qos = 1) =>
  sdk.send(new PublishCommand({ topic, qos, retain: true, payload: Buffer.from(text) }));
const list = async (sdk: IoTDataPlaneClient) =>
  (await sdk.send(new ListRetainedMessagesCommand({}))).retainedTopics ?? [];
const listed = async (sdk: IoTDataPlaneClient) => (await list(sdk)).map(({ topic }) => topic);
const saved = async () => JSON.parse(await readFile(indexFile, 'utf8')).topics.map(([topic]: [string]) => topic);

test('what was published here as retained is listed, whatever the filters, after a restart too', async () => {
  const before = await withPlane(async (sdk) => {
    for (const qos of [0, 1]) await retain(sdk, `kept/${qos}`, 'x', qos);
    await retain(sdk, 'kept/gone', 'x');
    await retain(sdk, 'kept/cleared', 'x');
    await retain(sdk, 'kept/cleared', '');
    return list(sdk);
  });
  expect(before.map(({ topic }) => topic)).toEqual(['kept/0', 'kept/1', 'kept/gone']);
  await device.publishAsync('kept/gone', '', { qos: 1, retain: true });
  const after = await withPlane(list);
  expect(after).toEqual(before.slice(0, 2));
  expect(after[0]?.lastModifiedTime).toBeGreaterThan(0);
  expect(await saved()).toEqual(['kept/0', 'kept/1']);
});

test('it is written while the data plane runs, so that a kill does not lose it', async () => {
  await withPlane(async (sdk) => {
    await retain(sdk, 'kept/2', 'x');
    await eventually('the file', async () => (await saved()).includes('kept/2'));
  });
});

test('a device’s retained message on a topic that is not followed is listed once it was asked for by name', async () => {
  await device.publishAsync('device/1', 'x', { qos: 1, retain: true });
  await withPlane(async (sdk) => {
    expect(await listed(sdk)).not.toContain('device/1');
    await sdk.send(new GetRetainedMessageCommand({ topic: 'device/1' }));
    expect(await listed(sdk)).toContain('device/1');
  });
  expect(await withPlane(listed)).toContain('device/1');
});

test('a topic that AWS would not have is not kept', async () => {
  await withPlane(async (sdk) => {
    const long = `followed/${'x'.repeat(1_000)}`;
    // The data plane may not follow yet.
    await eventually('the other one', async () => {
      await device.publishAsync(long, 'x', { qos: 1, retain: true });
      await device.publishAsync('followed/1', 'x', { qos: 1, retain: true });
      return (await listed(sdk)).includes('followed/1');
    });
    expect(await listed(sdk)).not.toContain(long);
  });
});

test.each([
  ['cut short', '{"version":1,"topics":[["kept/0",'],
  ['empty', ''],
  ['of another shape', '{"version":1,"topics":{"kept/0":1}}'],
  ['of another version', '{"version":2,"topics":[]}'],
])('a file that is %s is an empty index and one warning, and is replaced', async (_what, text) => {
  await writeFile(indexFile, text);
  warnings.length = 0;
  await withPlane(async (sdk) => {
    expect(await list(sdk)).toEqual([]);
    await retain(sdk, 'kept/3', 'x');
  });
  expect(warnings).toEqual(['the index of retained messages is not readable, and begins empty']);
  expect(await saved()).toEqual(['kept/3']);
});

test('a place that cannot be written is one warning, and nothing else', async () => {
  warnings.length = 0;
  const none = join(folder, 'no-such-folder', 'index.json');
  await withPlane(async (sdk) => {
    await retain(sdk, 'kept/4', 'x');
    expect(await listed(sdk)).toContain('kept/4');
    await eventually('the warning', () => warnings.length > 0);
    await retain(sdk, 'kept/5', 'x');
  }, none);
  expect(warnings).toEqual(['the index of retained messages is not written']);
});
