import mqtt, { type MqttClient } from 'mqtt';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { startTestBroker } from '../testing/broker.ts';
import { applyTopology } from '../topology/apply-topology.ts';
import { managementApi } from '../topology/management-api.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { type BenchResult, measureRatio } from './bench-result.ts';

const DEVICES = 50;
const MESSAGES_EACH = 200;
const ROUNDS = 7;
const WARM_UP_ROUNDS = 1;
const RATIO_TARGET = 0.9;
const MS_PER_S = 1_000;
/** What is older goes, or the queue fills the memory. */
const QUEUE_LENGTH = 10_000;
/** As large as an alert with its evidence. */
const PAYLOAD = JSON.stringify({ eventId: 'e'.repeat(36), patientId: 'p-1', evidence: { rrMs: Array(40).fill(412) } });

/** Each device awaits the acknowledgement of one message before it sends the next, as a monitor does; messages a second. */
async function rate(devices: readonly MqttClient[], topicOf: (device: number) => string): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(
    devices.map(async (client, device) => {
      const topic = topicOf(device);
      for (let sent = 0; sent < MESSAGES_EACH; sent += 1) await client.publishAsync(topic, PAYLOAD, { qos: 1 });
    }),
  );
  return (devices.length * MESSAGES_EACH * MS_PER_S) / (performance.now() - startedMs);
}

/** A durable queue of the kind that RabbitMQ gives an MQTT subscriber of QoS 1, with nobody who reads it. */
async function bindQueue(managementUrl: string, streamUrl: string): Promise<void> {
  const api = managementApi(managementUrl, streamUrl);
  const args = { 'x-queue-type': 'classic', 'x-max-length': QUEUE_LENGTH };
  await api.send('PUT', api.path('queues', 'bench'), { durable: true, arguments: args });
  await api.send('POST', api.path('bindings', 'e', 'amq.topic', 'q', 'bench'), { routing_key: 'hl.#.queued' });
}

/** MQTT at QoS 1 into the super stream of alerts, against the same into a queue, and to a topic that nothing listens to. */
export async function run(): Promise<BenchResult[]> {
  const broker = await startTestBroker();
  const devices: MqttClient[] = [];
  try {
    const { stream: streamUrl, management: managementUrl, mqtt: url } = broker.endpoints;
    await applyTopology({ streamUrl, managementUrl, topology: readTopology(), logger: silentLogger });
    await bindQueue(managementUrl, streamUrl);
    while (devices.length < DEVICES) devices.push(await mqtt.connectAsync(url, { protocolVersion: 5 }));
    const to = (kind: string) => () =>
      rate(devices, (device) => `hl/icu-${1 + (device % 4)}/b${device}/p${device}/${kind}`);
    const against = async (what: string, kind: string): Promise<BenchResult> => {
      for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await measureRatio(1, to('alert'), to(kind));
      const { ratio, ours, bare } = await measureRatio(ROUNDS, to('alert'), to(kind));
      const rates = `${Math.round(ours)} messages/s into alerts.raw, ${Math.round(bare)} ${what}`;
      return {
        name: `MQTT QoS 1 with the stream behind it, against the same ${what}`,
        target: `≥ ${RATIO_TARGET} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        holds: ratio >= RATIO_TARGET,
        detail: `${DEVICES} devices, one message in flight each: ${rates}`,
      };
    };
    return [
      await against('with a subscriber’s queue behind it', 'queued'),
      await against('to a topic that nobody listens to', 'nothing'),
    ];
  } finally {
    await Promise.all(devices.map((device) => device.endAsync()));
    await broker.remove();
  }
}
