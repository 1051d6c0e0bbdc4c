import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { freePort } from '../services/ports.ts';
import { type RabbitmqEndpoints, rabbitmqService } from '../services/rabbitmq.ts';
import type { RabbitmqPorts } from '../services/rabbitmq-config.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import { silentProgress } from '../setup/progress.ts';
import { applyTopology } from '../topology/apply-topology.ts';
import { silentLogger } from '../triggers/silent-logger.ts';

export interface TestBroker {
  endpoints: RabbitmqEndpoints;
  /** Ends the broker and starts it again with the same data on the same ports. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** A boot takes 3 s to 8 s alone, and more beside other tests. */
export const BOOT_TIMEOUT_MS = 120_000;

const PORT_NAMES = ['amqp', 'mqtt', 'webMqtt', 'stream', 'management', 'prometheus', 'distribution', 'epmd'] as const;

async function freePorts(): Promise<RabbitmqPorts> {
  const ports = await Promise.all(PORT_NAMES.map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(ports) as Record<(typeof PORT_NAMES)[number], number>;
}

/** A real RabbitMQ on free ports in a temporary folder. */
export async function startTestBroker(): Promise<TestBroker> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-broker-'));
  const service = rabbitmqService({ program: await obtainRabbitmq(silentProgress), home, ports: await freePorts() });
  let running = await service.start();
  return {
    endpoints: running.endpoints,
    stop: () => running.stop(),
    async start() {
      running = await service.start();
    },
    async remove() {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The streams of functions/topology.yml. */
export async function declareStreams({ stream, management }: RabbitmqEndpoints): Promise<void> {
  const topology = readTopology();
  await applyTopology({ streamUrl: stream, managementUrl: management, topology, logger: silentLogger });
}
