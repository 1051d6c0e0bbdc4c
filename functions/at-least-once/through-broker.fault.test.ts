import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { declareStreams, startTestBroker, type TestBroker } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';

const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 120_000;
const DEADLINE_MS = 60_000;

let db: TestDatabase;
let broker: TestBroker;
let device: MqttClient;
let functions: TestFunctions | undefined;

beforeAll(async () => {
  db = await testDatabase();
  broker = await startTestBroker();
  await declareStreams(broker.endpoints);
  device = await mqtt.connectAsync(broker.endpoints.mqtt, { protocolVersion: 5 });
}, BOOT_LIMIT_MS);

afterEach(async () => {
  await functions?.stop();
  functions = undefined;
}, BOOT_LIMIT_MS);

afterAll(async () => {
  await device.endAsync();
  await broker.remove();
  await db.drop();
}, BOOT_LIMIT_MS);

async function start(settings: Record<string, string> = {}): Promise<TestFunctions> {
  const { mqtt: mqttUrl, stream } = broker.endpoints;
  functions = await startFunctions(db.url, {
    HEARTLINE_MQTT_URL: mqttUrl,
    HEARTLINE_STREAM_URL: stream,
    ...settings,
  });
  return functions;
}

type Alert = ReturnType<typeof anAlert>;
const send = (alert: Alert, { ward, patientId } = alert) =>
  device.publishAsync(`hl/${ward}/bed-1/${patientId}/alert`, JSON.stringify(alert), { qos: 1 });
const inWards = (count: number): Alert[] =>
  Array.from({ length: count }, (_, index) => anAlert({ ward: `icu-${1 + (index % 5)}`, patientId: `p${index % 7}` }));
const idsOf = (alerts: readonly Alert[]) => alerts.map(({ eventId }) => eventId);
/** How many of the events are stored, and how often staff were told of them. */
async function effects(alerts: readonly Alert[]) {
  const count = async (table: string) =>
    (await db.pool.query(`SELECT FROM at_least_once.${table} WHERE event_id = ANY($1)`, [idsOf(alerts)])).rowCount;
  return [await count('alerts'), await count('notifications')];
}
const told = (alerts: readonly Alert[]) =>
  eventually('all to be told', async () => (await effects(alerts))[1] === alerts.length, DEADLINE_MS);

describe('through broker and serverless offline', () => {
  test('sent by HTTP and by a device, again and again: stored once, told once, wherever the ward is', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    const { http } = await start();
    const alerts = inWards(40);
    for (const alert of [...alerts, ...alerts]) await send(alert);
    const byHttp = anAlert({ ward: 'not-listed' });
    for (let times = 0; times < 2; times += 1) {
      const answer = await fetchAllowed(`${http}/at-least-once/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(byHttp),
      });
      expect([answer.status, await answer.json()]).toEqual([202, { eventId: byHttp.eventId }]);
    }
    await send(byHttp);
    await told([...alerts, byHttp]);
    expect(await effects([...alerts, byHttp])).toEqual([41, 41]);
  });

  test('poison is counted, goes to the dead letters, and holds nothing up', { timeout: TEST_LIMIT_MS }, async () => {
    const { bridge } = await start();
    const alerts = inWards(10);
    for (const alert of alerts) {
      await device.publishAsync(`hl/${alert.ward}/bed-1/${alert.patientId}/alert`, 'no JSON', { qos: 1 });
      await send(alert);
    }
    await told(alerts);
    await eventually('ten dead letters', async () =>
      /dead_letters_total\{[^}]*queue="alerts\.raw"[^}]*code="poison_record"[^}]*\} 10\b/.test(await bridge.render()),
    );
  });

  test('what comes while the consumer is away, or dies with a batch, is there when it is back', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    const before = inWards(30);
    const first = await start({ HEARTLINE_STORE_ALERTS_BATCH_SIZE: '5' });
    const sending = Promise.all(before.map((alert) => send(alert)));
    await eventually('some to be stored', async () => ((await effects(before))[0] ?? 0) > 0, DEADLINE_MS);
    await first.kill();
    functions = undefined;
    await sending;
    const meanwhile = inWards(30);
    for (const alert of meanwhile) await send(alert);
    await start();
    await told([...before, ...meanwhile]);
    expect(await effects([...before, ...meanwhile])).toEqual([60, 60]);
  });
});
