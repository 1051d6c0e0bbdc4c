// From a device's reading to a station, through everything that runs in between; and what a station hears when a part of it dies.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import { type Heartbeat, heartbeat } from '../../shared/alert-delivery/push-heartbeat.ts';
import { stationTopic, type WardSnapshot, wardSnapshot } from '../../shared/alert-desk/alert-item.ts';
import { SPO2 } from '../../shared/vitals/kinds.ts';
import { type Receiver, receiver } from '../testing/receiver.ts';
import { throughBroker } from '../testing/through-broker.ts';

const TEST_LIMIT_MS = 180_000;
const DEADLINE_MS = 60_000;
/** As a station has it: then it says that it hears nothing. */
const SILENCE_MS = 15_000;
const WARD = 'icu-1';
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

const stage = throughBroker();
let folder: string;
let monitoring: Receiver;
let phones: Receiver;
let client: MqttClient;
const hearts: Heartbeat[] = [];
const screens: WardSnapshot[] = [];

beforeAll(async () => {
  [monitoring, phones] = await Promise.all([receiver(), receiver()]);
  folder = await mkdtemp(join(tmpdir(), 'heartline-heartbeat-'));
  await writeFile(join(folder, 'secret'), SECRET);
  const channels = [
    { name: 'monitoring', type: 'alertmanager', url: monitoring.url },
    { name: 'phones', type: 'webhook', url: phones.url, secretFile: join(folder, 'secret'), heartbeat: true },
  ];
  await writeFile(join(folder, 'channels.yml'), JSON.stringify({ channels }));
  client = await mqtt.connectAsync(stage.broker.endpoints.mqtt, { protocolVersion: 5 });
  client.on('message', (topic, payload) => {
    const value: unknown = JSON.parse(payload.toString());
    if (topic === stationTopic(WARD, 'heartbeat')) hearts.push(heartbeat.parse(value));
    else screens.push(wardSnapshot.parse(value));
  });
  await client.subscribeAsync([stationTopic(WARD, 'heartbeat'), stationTopic(WARD, 'alerts')], { qos: 1 });
}, TEST_LIMIT_MS);
afterAll(async () => {
  await client.endAsync(true);
  await Promise.all([monitoring.close(), phones.close()]);
  await rm(folder, { recursive: true });
});

/** What a monitor sends; of a patient who is well, or is not. */
async function send(value: number): Promise<void> {
  const readings = [{ code: SPO2, value, unit: '%', time: new Date().toISOString() }];
  const message = { patientId: 'patient-1', ward: WARD, bed: 'b1', deviceId: 'monitor-1', readings };
  await client.publishAsync(`hl/${WARD}/b1/patient-1/vitals`, JSON.stringify(message), { qos: 1 });
}

test('the heart beats while a reading can come through, and stops with any part of the way', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  const settings = { HEARTLINE_CHANNELS_FILE: join(folder, 'channels.yml') };
  await stage.work({ function: 'publish-alerts' });
  await stage.work({ function: 'push-heartbeat', settings });
  await stage.work({ function: 'push-ward', settings });
  const alerter = await stage.work({ function: 'evaluate-vitals' });
  await eventually('three heartbeats', () => hearts.length >= 3, DEADLINE_MS);
  const last = hearts.at(-1);
  expect(last).toMatchObject({ ward: WARD });
  expect(Date.parse(last?.judgedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(last?.pulsedAt ?? ''));
  expect(last?.lagMs).toBeLessThan(SILENCE_MS);
  // Nothing is retained of a ward that nobody has told of: a heartbeat has it pushed.
  await eventually('the ward as it is', () => screens.length > 0, DEADLINE_MS);

  // The rule wants it to last, so one reading is not enough.
  const shows = () => screens.find(({ alerts }) => alerts.some(({ patientId }) => patientId === 'patient-1'));
  await eventually(
    'an alert on the screen',
    async () => {
      if (shows() === undefined) await send(70);
      return shows();
    },
    DEADLINE_MS,
  );
  await eventually('a watchdog', () => monitoring.received().length > 0, DEADLINE_MS);
  const said = JSON.parse(monitoring.received()[0]?.body ?? '[]');
  expect(said[0]).toMatchObject({ labels: { alertname: 'Watchdog' } });
  const [beat] = phones.received();
  expect(new Webhook(SECRET).verify(beat?.body ?? '', beat?.headers as Record<string, string>)).toMatchObject({
    type: 'heartbeat',
  });

  alerter.kill();
  await alerter.stop();
  const atKill = hearts.length;
  const killedMs = Date.now();
  // One may be on its way; then there is none, for as long as a station waits.
  await eventually('silence', () => Date.now() - killedMs > SILENCE_MS, SILENCE_MS * 2);
  expect(hearts.length - atKill).toBeLessThanOrEqual(1);
  await stage.work({ function: 'evaluate-vitals' });
  await eventually('the heart to beat again', () => hearts.length > atKill + 1, DEADLINE_MS);
});
