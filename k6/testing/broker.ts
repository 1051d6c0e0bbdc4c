import type { RabbitmqEndpoints } from '../../localstack/services/rabbitmq.ts';
import { startTestBroker } from '../../localstack/testing/broker.ts';

export interface TestBroker {
  readonly endpoints: RabbitmqEndpoints;
  /** Ends the connections of clients whose id begins so, as an operator does; resolves with how many there were. */
  cut(clientId: string): Promise<number>;
  stop(): Promise<void>;
}

/** A RabbitMQ of a test file's own. */
export async function testBroker(): Promise<TestBroker> {
  const { endpoints, remove } = await startTestBroker();
  const api = `${new URL(endpoints.management).origin}/api/connections`;
  const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };
  return {
    endpoints,
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
    stop: remove,
  };
}
