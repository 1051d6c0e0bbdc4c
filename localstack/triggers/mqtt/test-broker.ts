import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { freePort } from '../../services/ports.ts';
import { rabbitmqService } from '../../services/rabbitmq.ts';
import type { RabbitmqPorts } from '../../services/rabbitmq-config.ts';
import { obtainRabbitmq } from '../../setup/obtain-rabbitmq.ts';
import { silentProgress } from '../../setup/progress.ts';

/** A boot takes 3 s to 8 s alone, and more beside other tests. */
export const BOOT_TIMEOUT_MS = 120_000;

export interface TestBroker {
  readonly url: string;
  readonly webUrl: string;
  readonly management: string;
  stop(): Promise<void>;
  /** Starts it again with its data and on its ports. */
  start(): Promise<void>;
  /** A client of the test's own; ended with the broker. */
  client(options?: IClientOptions): Promise<MqttClient>;
  close(): Promise<void>;
}

/** A RabbitMQ of the test's own, on free ports, in a temporary folder. */
export async function testBroker(): Promise<TestBroker> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-mqtt-'));
  const port = () => freePort();
  const ports: RabbitmqPorts = {
    amqp: await port(),
    mqtt: await port(),
    webMqtt: await port(),
    stream: await port(),
    management: await port(),
    prometheus: await port(),
    distribution: await port(),
    epmd: await port(),
  };
  const service = rabbitmqService({ program: await obtainRabbitmq(silentProgress), home, ports });
  let running = await service.start();
  const clients: MqttClient[] = [];
  return {
    url: running.endpoints.mqtt,
    webUrl: running.endpoints.webMqtt,
    management: running.endpoints.management,
    stop: () => running.stop(),
    async start() {
      running = await service.start();
    },
    async client(options = {}) {
      const client = await mqtt.connectAsync(running.endpoints.mqtt, { protocolVersion: 5, ...options });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
