import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchResult } from '../../localstack/bench/bench-result.ts';
import { startBroker } from './testing/broker.ts';
import { mqttClient } from './testing/clients.ts';

const ROUNDS = 7;
/** By QoS: about two seconds a round. */
const MESSAGES = [20_000, 6_000] as const;
const TARGET = 0.7;
const PAYLOAD_BYTES = 200;
/** Sent and not yet received: enough to keep all parts busy, few enough for RabbitMQ not to drop QoS 0. */
const WINDOW = 500;
const PROTOCOL = 5;
const MS_PER_SECOND = 1_000;
const ROUND_DEADLINE_MS = 60_000;

/** Publisher → broker → subscriber, the subscriber through the proxy without toxics, against none, by turns. */
export async function run(): Promise<BenchResult[]> {
  const broker = await startBroker();
  const proxy = await startProxyProcess(broker.mqtt.port);
  try {
    const results: BenchResult[] = [];
    for (const qos of [0, 1] as const) {
      const rate = (port: number) => messageRate(broker.mqtt.port, port, qos);
      await rate(proxy.port); // warms up all parts
      await rate(broker.mqtt.port);
      results.push(
        await compared(
          qos,
          () => rate(proxy.port),
          () => rate(broker.mqtt.port),
        ),
      );
    }
    return results;
  } finally {
    proxy.child.kill('SIGTERM');
    await broker.stop();
  }
}

async function compared(qos: 0 | 1, ours: () => Promise<number>, bare: () => Promise<number>): Promise<BenchResult> {
  const rounds: { ours: number; bare: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push({ bare: await bare(), ours: await ours() });
  const inOrder = rounds.toSorted((a, b) => a.ours / a.bare - b.ours / b.bare);
  const median = inOrder[Math.floor(ROUNDS / 2)] ?? { ours: 0, bare: 1 };
  const ratio = median.ours / median.bare;
  return {
    name: `MQTT fault proxy without toxics, QoS ${qos}, against no proxy`,
    target: `≥ ${TARGET} ×`,
    measured: `${ratio.toFixed(2)} ×`,
    holds: ratio >= TARGET,
    detail: `${median.ours.toFixed(0)} messages/s of ${PAYLOAD_BYTES} bytes against ${median.bare.toFixed(0)}/s`,
  };
}

/** Messages a second from MQTT.js through the broker to MQTT.js, both in this process. */
async function messageRate(publishPort: number, subscribePort: number, qos: 0 | 1): Promise<number> {
  const subscriber = await mqttClient(subscribePort, PROTOCOL);
  const publisher = await mqttClient(publishPort, PROTOCOL);
  try {
    await subscriber.mqtt.subscribeAsync('bench', { qos });
    const startedAt = performance.now();
    await exchange(subscriber.mqtt, MESSAGES[qos], () => publisher.mqtt.publish('bench', PAYLOAD, { qos }));
    return (MESSAGES[qos] * MS_PER_SECOND) / (performance.now() - startedAt);
  } finally {
    await Promise.all([subscriber.end(), publisher.end()]);
  }
}

const PAYLOAD = Buffer.alloc(PAYLOAD_BYTES, 'x');

/** Keeps WINDOW messages on the way until all have arrived. */
function exchange(
  subscriber: Awaited<ReturnType<typeof mqttClient>>['mqtt'],
  messages: number,
  send: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`${received} of ${messages} arrived`)), ROUND_DEADLINE_MS);
    let sent = 0;
    let received = 0;
    const fill = () => {
      for (; sent < messages && sent - received < WINDOW; sent += 1) send();
    };
    subscriber.on('message', () => {
      received += 1;
      if (received === messages) {
        clearTimeout(deadline);
        resolve();
      } else if (sent - received <= WINDOW / 2) fill();
    });
    fill();
  });
}

async function startProxyProcess(brokerPort: number): Promise<{ child: ChildProcess; port: number }> {
  const args = ['--listen', '127.0.0.1:0', '--control', '127.0.0.1:0', '--upstream', `127.0.0.1:${brokerPort}`];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, port: JSON.parse(line).listen.port };
}
