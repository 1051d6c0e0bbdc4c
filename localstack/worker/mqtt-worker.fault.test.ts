import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { BOOT_TIMEOUT_MS, startTestBroker, type TestBroker } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { startWorker, type Worker } from './start-worker.ts';
import { DEADLINE_MS, expectDrained, FIXTURE_SERVICE, TEST_DEADLINE_MS, type WorkLog, workLog } from './test-worker.ts';

let broker: TestBroker;
let device: mqtt.MqttClient;
let folder: string;
let log: WorkLog;
let worker: Worker;
let topics = 0;

beforeAll(async () => {
  broker = await startTestBroker();
  device = await mqtt.connectAsync(broker.endpoints.mqtt);
}, BOOT_TIMEOUT_MS);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-mqtt-'));
  log = await workLog(folder);
  topics += 1;
  worker = await start();
});
afterEach(async () => {
  worker.kill();
  await worker.stop();
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await device?.endAsync();
  await broker?.remove();
});

/** A subscription at QoS 1 in a session that outlives its process. */
function start(): Promise<Worker> {
  return startWorker({
    function: 'subscription',
    replicas: 1,
    service: FIXTURE_SERVICE,
    readyMs: DEADLINE_MS,
    environment: {
      HEARTLINE_MQTT_URL: broker.endpoints.mqtt,
      HEARTLINE_HOME: folder,
      FIXTURE_LOG: log.file,
      FIXTURE_TOPIC: `fixture/${topics}`,
      FIXTURE_CLIENT_ID: `fixture-${topics}`,
    },
  });
}

const publish = (ids: readonly number[], takesMs: number) =>
  Promise.all(ids.map((id) => device.publishAsync(`fixture/${topics}`, JSON.stringify({ id, takesMs }), { qos: 1 })));

test(
  'QoS 1: a stop lets handlers in flight finish; the rest is handled after the next start, nothing twice',
  async () => {
    const ids = Array.from({ length: 30 }, (_, index) => index + 1);
    await publish(ids, 300);
    await log.began(1);
    expect(await worker.stop()).toEqual({ code: 0 });
    expectDrained(await log.lines());
    worker = await start();
    await log.ended(ids);
    expectDrained(await log.lines());
  },
  TEST_DEADLINE_MS,
);

test(
  'QoS 1: a replica killed with -9 is started again, and nothing that was acknowledged to the device is lost',
  async () => {
    const ids = Array.from({ length: 30 }, (_, index) => index + 1);
    await publish(ids, 300);
    await log.began(1);
    process.kill(worker.replicas()[0]?.pid ?? 0, 'SIGKILL');
    await eventually('the replica to run again', () => worker.replicas()[0]?.restarts === 1, DEADLINE_MS);
    await log.ended(ids);
  },
  TEST_DEADLINE_MS,
);

test('more replicas than one would each get every message: refused', async () => {
  await expect(worker.scale(2)).rejects.toThrow(/each replica would get, and handle, every message/);
  expect(worker.replicas()).toHaveLength(1);
});
