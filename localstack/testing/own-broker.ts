import { glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../services/ports.ts';
import { type RabbitmqEndpoints, rabbitmqService } from '../services/rabbitmq.ts';
import type { BrokerAccess } from '../services/rabbitmq-access.ts';
import type { RabbitmqPorts } from '../services/rabbitmq-config.ts';
import type { Certificates } from '../setup/local-certificates.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import { silentProgress } from '../setup/progress.ts';

export interface TestBroker {
  endpoints: RabbitmqEndpoints;
  /** Ends the broker and starts it again with the same data on the same ports. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export interface OwnBroker extends TestBroker {
  /** Retained messages outlive their vhost, in files. */
  removeRetained(): Promise<void>;
}

const PORT_NAMES = ['amqp', 'mqtt', 'webMqtt', 'stream', 'management', 'prometheus', 'distribution', 'epmd'] as const;

/** Ports of a broker that nobody uses at the moment. */
export async function freeBrokerPorts(): Promise<RabbitmqPorts> {
  const ports = await Promise.all(PORT_NAMES.map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(ports) as Record<(typeof PORT_NAMES)[number], number>;
}

/** Boots a real RabbitMQ on free ports in a temporary folder: open to guest, unless it is told whom to let in. */
export async function bootBroker(guarded: { access?: BrokerAccess; tls?: Certificates } = {}): Promise<OwnBroker> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-broker-'));
  const program = await obtainRabbitmq(silentProgress);
  const service = rabbitmqService({ program, home, ports: await freeBrokerPorts(), ...guarded });
  let running: Awaited<ReturnType<typeof service.start>> | undefined = await service.start();
  const { endpoints } = running;
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  return {
    endpoints,
    stop,
    async start() {
      running ??= await service.start();
    },
    async removeRetained() {
      for await (const file of glob(join(home, 'rabbitmq', 'mnesia', '*', 'mqtt_retained_*'))) await rm(file);
    },
    async remove() {
      await stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
