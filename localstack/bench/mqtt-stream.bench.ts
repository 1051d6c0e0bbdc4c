import mqtt, { type MqttClient } from 'mqtt';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { startTestBroker } from '../testing/broker.ts';
import { applyTopology } from '../topology/apply-topology.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { type BenchResult, measureRatio } from './bench-result.ts';

const DEVICES = 50;
const MESSAGES_EACH = 200;
const ROUNDS = 7;
const WARM_UP_ROUNDS = 1;
const RATIO_TARGET = 0.9;
const MS_PER_S = 1_000;
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

/** MQTT at QoS 1 into the super stream of alerts, against the same to a topic that nothing listens to. */
export async function run(): Promise<BenchResult[]> {
  const broker = await startTestBroker();
  const devices: MqttClient[] = [];
  try {
    const { stream: streamUrl, management: managementUrl, mqtt: url } = broker.endpoints;
    await applyTopology({ streamUrl, managementUrl, topology: readTopology(), logger: silentLogger });
    while (devices.length < DEVICES) devices.push(await mqtt.connectAsync(url, { protocolVersion: 5 }));
    const stored = () => rate(devices, (device) => `hl/icu-${1 + (device % 4)}/b${device}/p${device}/alert`);
    const alone = () => rate(devices, (device) => `hl/icu-${1 + (device % 4)}/b${device}/p${device}/nothing`);
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await measureRatio(1, stored, alone);
    const { ratio, ours, bare } = await measureRatio(ROUNDS, stored, alone);
    return [
      {
        name: 'MQTT QoS 1 with the stream behind it',
        target: `≥ ${RATIO_TARGET} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        holds: ratio >= RATIO_TARGET,
        detail: `${DEVICES} devices, one message in flight each: ${Math.round(ours)} messages/s into alerts.raw, ${Math.round(bare)} to a topic without a stream`,
      },
    ];
  } finally {
    await Promise.all(devices.map((device) => device.endAsync()));
    await broker.remove();
  }
}
