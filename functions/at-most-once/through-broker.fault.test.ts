import { readFileSync } from 'node:fs';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startIotDataPlane } from '../../localstack/iot-data-plane/iot-data-plane.ts';
import { quiet } from '../../localstack/iot-data-plane/testing/sdk-client.ts';
import type { IotDataPlane } from '../../localstack/iot-data-plane/types.ts';
import { startTestBroker, type TestBroker } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';

const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 90_000;
const DEADLINE_MS = 30_000;
const BED = 'bed-1';

let db: TestDatabase;
let broker: TestBroker;
let plane: IotDataPlane;
let device: MqttClient;
let functions: TestFunctions | undefined;

beforeAll(async () => {
  db = await testDatabase();
  broker = await startTestBroker();
  plane = await startIotDataPlane({ host: '127.0.0.1', port: 0, mqttUrl: broker.endpoints.mqtt, logger: quiet });
  device = await mqtt.connectAsync(broker.endpoints.mqtt, { protocolVersion: 5 });
}, BOOT_LIMIT_MS);

afterEach(async () => {
  await functions?.stop();
  functions = undefined;
}, BOOT_LIMIT_MS);

afterAll(async () => {
  await device.endAsync();
  await plane.close();
  await broker.remove();
  await db.drop();
}, BOOT_LIMIT_MS);

async function start(settings: Record<string, string> = {}): Promise<TestFunctions> {
  functions = await startFunctions(db.url, {
    HEARTLINE_MQTT_URL: broker.endpoints.mqtt,
    AWS_ENDPOINT_URL_IOT_DATA_PLANE: plane.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...settings,
  });
  return functions;
}

const topicOf = (alert: { ward: string; patientId: string }) => `hl/${alert.ward}/${BED}/${alert.patientId}/alert`;
/** QoS 1 on the device's side, so that a test knows that the broker has it; the subscription's own QoS decides from there. */
const send = (alert: ReturnType<typeof anAlert>, topic = topicOf(alert)) =>
  device.publishAsync(topic, JSON.stringify(alert), { qos: 1 });
const timesTold = async (eventId: string) =>
  (await db.pool.query('SELECT FROM at_most_once.notifications WHERE event_id = $1', [eventId])).rows.length;
const told = (eventId: string, times = 1) =>
  eventually(`${times} notifications`, async () => (await timesTold(eventId)) === times, DEADLINE_MS);

/** A subscription is ready when what is sent gets through: at QoS 0 what came before is lost. */
async function untilReceiving(): Promise<void> {
  await eventually(
    'the subscription',
    async () => {
      const probe = anAlert();
      await send(probe);
      return eventually('the probe', async () => (await timesTold(probe.eventId)) > 0, 1_000).catch(() => false);
    },
    DEADLINE_MS,
  );
}

describe('through broker and serverless offline', () => {
  test('published by HTTP or by a device, once or twice: told as often as it came', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    const { http, lambda, bridge } = await start();
    await untilReceiving();
    const alert = anAlert();
    for (const times of [1, 2]) {
      const answer = await fetchAllowed(`${http}/at-most-once/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...alert, bed: BED }),
      });
      expect([answer.status, await answer.json()]).toEqual([202, { topic: topicOf(alert) }]);
      await told(alert.eventId, times);
    }
    await send(alert);
    await told(alert.eventId, 3);
    const page = await fetchAllowed(`${http}/at-most-once/notifications?limit=1000`);
    const { notifications } = (await page.json()) as { notifications: { eventId: string }[] };
    expect(notifications.filter(({ eventId }) => eventId === alert.eventId)).toHaveLength(3);

    await device.publishAsync(topicOf(alert), 'no JSON', { qos: 1 });
    await device.publishAsync(topicOf(alert), '', { qos: 1 });
    await device.publishAsync(topicOf(alert), '[1]', { qos: 1 });
    await send(alert, topicOf({ ...alert, patientId: 'another' }));
    await eventually('the refusals to be counted', async () => {
      const text = await bridge.render();
      return ['not_json', 'empty', 'schema', 'topic_mismatch'].every((reason) =>
        new RegExp(`messages_refused_total\\{[^}]*reason="${reason}"[^}]*\\} 1`).test(text),
      );
    });
    expect(await timesTold(alert.eventId)).toBe(3);
    expect(await bridge.render()).toMatch(/producer_sent_msgs\{[^}]*stage="at-most-once"[^}]*\} 2/);

    for (const name of ['publish-alert', 'list-received-alerts', 'receive-alert']) {
      const event = readFileSync(new URL(`./events/${name}.json`, import.meta.url), 'utf8');
      const url = `${lambda}/2015-03-31/functions/heartline-local-${name}/invocations`;
      const answer = await fetch(url, { method: 'POST', body: event });
      expect(answer.headers.has('x-amz-function-error'), name).toBe(false);
      expect(await answer.json(), name).toMatchObject(name === 'receive-alert' ? { outcome: 'applied' } : {});
    }
  });

  test('what comes while the consumer is away is lost', { timeout: TEST_LIMIT_MS }, async () => {
    const away = await start();
    await untilReceiving();
    await away.kill();
    functions = undefined;
    const lost = anAlert();
    await send(lost);
    await start();
    await untilReceiving();
    expect(await timesTold(lost.eventId)).toBe(0);
  });

  test('with QoS 1 and a session, set by variables, the broker keeps it', { timeout: TEST_LIMIT_MS }, async () => {
    const settings = {
      HEARTLINE_AT_MOST_ONCE_QOS: '1',
      HEARTLINE_AT_MOST_ONCE_SESSION_EXPIRY: '300',
      HEARTLINE_AT_MOST_ONCE_CLIENT_ID: 'heartline-test-receive-alert',
    };
    const away = await start(settings);
    await untilReceiving();
    await away.kill();
    functions = undefined;
    const kept = anAlert();
    await send(kept);
    await start(settings);
    await told(kept.eventId);
  });
});
