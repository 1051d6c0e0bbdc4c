import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../localstack/services/ports.ts';
import { rabbitmqService } from '../../../localstack/services/rabbitmq.ts';
import { obtainRabbitmq } from '../../../localstack/setup/obtain-rabbitmq.ts';
import { silentProgress } from '../../../localstack/setup/progress.ts';
import type { Address } from '../connection.ts';

/** A real broker for a test or a benchmark: elsewhere than in this project, put another one here. */
export interface Broker {
  readonly mqtt: Address;
  stop(): Promise<void>;
}

export async function startBroker(): Promise<Broker> {
  const home = await mkdtemp(join(tmpdir(), 'fault-proxy-'));
  const ports = {
    amqp: await freePort(),
    mqtt: await freePort(),
    webMqtt: await freePort(),
    stream: await freePort(),
    management: await freePort(),
    prometheus: await freePort(),
    distribution: await freePort(),
    epmd: await freePort(),
  };
  const running = await rabbitmqService({ program: await obtainRabbitmq(silentProgress), home, ports }).start();
  return {
    mqtt: { host: '127.0.0.1', port: ports.mqtt },
    async stop() {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
