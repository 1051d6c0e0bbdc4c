import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../localstack/services/ports.ts';
import { type RabbitmqEndpoints, rabbitmqService } from '../../localstack/services/rabbitmq.ts';
import { obtainRabbitmq } from '../../localstack/setup/obtain-rabbitmq.ts';
import { silentProgress } from '../../localstack/setup/progress.ts';

export interface TestBroker {
  readonly endpoints: RabbitmqEndpoints;
  /** Ends the connections of clients whose id begins so, as an operator does; resolves with how many there were. */
  cut(clientId: string): Promise<number>;
  stop(): Promise<void>;
}

/** A RabbitMQ of a test file's own. */
export async function testBroker(): Promise<TestBroker> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-k6-broker-'));
  const port = await Promise.all(Array.from({ length: 8 }, freePort));
  const [amqp = 0, mqtt = 0, webMqtt = 0, stream = 0, management = 0, prometheus = 0, distribution = 0, epmd = 0] =
    port;
  const ports = { amqp, mqtt, webMqtt, stream, management, prometheus, distribution, epmd };
  const broker = await rabbitmqService({ program: await obtainRabbitmq(silentProgress), home, ports }).start();
  const api = `http://127.0.0.1:${management}/api/connections`;
  const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };
  return {
    endpoints: broker.endpoints,
    async cut(clientId) {
      const all = (await (await fetch(api, { headers })).json()) as {
        name: string;
        client_properties?: { client_id?: string };
      }[];
      const names = all.filter((one) => one.client_properties?.client_id?.startsWith(clientId)).map(({ name }) => name);
      await Promise.all(
        names.map((name) => fetch(`${api}/${encodeURIComponent(name)}`, { method: 'DELETE', headers })),
      );
      return names.length;
    },
    async stop() {
      await broker.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
