import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { freePort } from '../../services/ports.ts';
import { rabbitmqService } from '../../services/rabbitmq.ts';
import { obtainRabbitmq } from '../../setup/obtain-rabbitmq.ts';
import type { Progress } from '../../setup/progress.ts';
import { startMqttEventSource } from './mqtt-event-source.ts';
import { parseMqttOptions } from './options.ts';

const MESSAGES = 10_000;
const ROUNDS = 5;
const WARM_UP_ROUNDS = 1;
const RATIO_TARGET = 0.7;
const quiet = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
const payload = JSON.stringify({ ward: 'icu-1', kind: 'VT', severity: 'HIGH', onset: '2026-01-01T00:00:00.000Z' });

/** Publishes as fast as the broker confirms; ends when all are confirmed. */
async function publishAll(url: string, topic: string): Promise<void> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
  await Promise.all(Array.from({ length: MESSAGES }, () => client.publishAsync(topic, payload, { qos: 1 })));
  await client.endAsync();
}

/** Messages a second from the first to the last of a session that the broker has filled before. */
interface Subscriber {
  /** Makes the session, then leaves. */
  prepare(): Promise<void>;
  /** Comes back and consumes; resolves when the last message is acknowledged as far as the subscriber is concerned. */
  consume(): Promise<void>;
}

function bareSubscriber(url: string, topic: string): Subscriber {
  const options = {
    clientId: `bare-${topic}`,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 60 },
  } as const;
  return {
    async prepare() {
      const client = await mqtt.connectAsync(url, options);
      await client.subscribeAsync(topic, { qos: 1 });
      await client.endAsync();
    },
    async consume() {
      let left = MESSAGES;
      const done = Promise.withResolvers<void>();
      const client = mqtt.connect(url, options);
      client.on('message', () => {
        left -= 1;
        if (left === 0) done.resolve();
      });
      await done.promise;
      await client.endAsync();
    },
  };
}

function sourceSubscriber(url: string, topic: string): Subscriber {
  const parsed = parseMqttOptions({ topic, qos: 1, clientId: `source-${topic}`, sessionExpiry: 60 });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const { options } = parsed;
  const start = (invoke: () => Promise<void>) =>
    startMqttEventSource({ name: 'bench', url, options, timeoutMs: 6_000, invoke, logger: quiet });
  return {
    async prepare() {
      const source = await start(async () => undefined);
      await source.stop();
    },
    async consume() {
      let left = MESSAGES;
      const done = Promise.withResolvers<void>();
      const source = await start(async () => {
        left -= 1;
        if (left === 0) done.resolve();
      });
      await done.promise;
      await source.stop();
    },
  };
}

async function rate(url: string, topic: string, subscriber: Subscriber): Promise<number> {
  await subscriber.prepare();
  await publishAll(url, topic);
  const startedMs = performance.now();
  await subscriber.consume();
  return (MESSAGES * 1_000) / (performance.now() - startedMs);
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function broker(progress: Progress) {
  const home = await mkdtemp(join(tmpdir(), 'heartline-bench-mqtt-'));
  const service = rabbitmqService({
    program: await obtainRabbitmq(progress),
    home,
    ports: {
      amqp: await freePort(),
      mqtt: await freePort(),
      webMqtt: await freePort(),
      stream: await freePort(),
      management: await freePort(),
      prometheus: await freePort(),
      distribution: await freePort(),
      epmd: await freePort(),
    },
  });
  const running = await service.start();
  return {
    url: running.endpoints.mqtt,
    async stop() {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** QoS 1 to a handler that does nothing, against a bare MQTT.js subscriber that acknowledges by itself. */
export async function run({ progress }: { progress: Progress }) {
  const { url, stop } = await broker(progress);
  try {
    const seen: { ours: number; bare: number }[] = [];
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
      const topic = `bench/${round}`;
      const bare = await rate(url, topic, bareSubscriber(url, topic));
      const ours = await rate(url, `ours/${round}`, sourceSubscriber(url, `ours/${round}`));
      if (round >= 0) seen.push({ ours, bare });
    }
    const ratio = middle(seen.map(({ ours, bare }) => ours / bare));
    const ours = middle(seen.map((round) => round.ours));
    const bare = middle(seen.map((round) => round.bare));
    return [
      {
        name: 'mqtt event source, QoS 1, handler that does nothing',
        target: `≥ ${RATIO_TARGET} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        holds: ratio >= RATIO_TARGET,
        detail: `${Math.round(ours)} messages/s against ${Math.round(bare)} for a bare MQTT.js subscriber; RabbitMQ sends ten ahead`,
      },
    ];
  } finally {
    await stop();
  }
}
