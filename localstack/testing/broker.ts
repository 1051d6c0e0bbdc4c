import { get } from 'node:http';
import { readTopology } from '../../shared/topology/read-topology.ts';
import type { RabbitmqEndpoints } from '../services/rabbitmq.ts';
import { applyTopology } from '../topology/apply-topology.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { bootBroker, type TestBroker } from './own-broker.ts';

export type { TestBroker } from './own-broker.ts';

/** A boot takes 3 s to 8 s alone, and more beside other tests. */
export const BOOT_TIMEOUT_MS = 120_000;

/** A real RabbitMQ with nothing in it, the caller's alone: of the run's pool, where a test run has one (global-setup.ts). */
export function startTestBroker(): Promise<TestBroker> {
  const pool = process.env['TEST_BROKERS_URL'];
  return pool === undefined ? bootBroker() : lentBroker(pool);
}

/** The next broker of a pool; `remove` gives it back. */
export async function lentBroker(pool: string): Promise<TestBroker> {
  const lease = get(pool);
  const line = await new Promise<string>((resolve, reject) => {
    lease.on('error', reject);
    // Its end is ours, and comes as an error.
    lease.on('response', (answer) => answer.setEncoding('utf8').once('data', resolve).on('error', reject));
    lease.on('close', () => reject(new Error('the pool has no broker')));
  });
  // A process that ends gives it back.
  lease.socket?.unref();
  const { number, endpoints } = JSON.parse(line) as { number: string; endpoints: RabbitmqEndpoints };
  const tell = async (action: string) => {
    const answer = await fetch(`${pool}/${number}/${action}`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${action} of a lent broker: ${await answer.text()}`);
  };
  return {
    endpoints,
    stop: () => tell('stop'),
    start: () => tell('start'),
    async remove() {
      lease.destroy();
    },
  };
}

/** The streams of functions/topology.yml. */
export async function declareStreams({ stream, management }: RabbitmqEndpoints): Promise<void> {
  const topology = readTopology();
  await applyTopology({ streamUrl: stream, managementUrl: management, topology, logger: silentLogger });
}
