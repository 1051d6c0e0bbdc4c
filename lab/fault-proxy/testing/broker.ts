import { startTestBroker } from '../../../localstack/testing/broker.ts';
import type { Address } from '../connection.ts';

/** A real broker for a test or a benchmark: elsewhere than in this project, put another one here. */
export interface Broker {
  readonly mqtt: Address;
  stop(): Promise<void>;
}

export async function startBroker(): Promise<Broker> {
  const { endpoints, remove } = await startTestBroker();
  const { hostname, port } = new URL(endpoints.mqtt);
  return { mqtt: { host: hostname, port: Number(port) }, stop: remove };
}
