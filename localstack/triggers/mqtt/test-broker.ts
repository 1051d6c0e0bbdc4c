import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { startTestBroker } from '../../testing/broker.ts';

export { BOOT_TIMEOUT_MS } from '../../testing/broker.ts';

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

/** A RabbitMQ of the test's own, and clients of it. */
export async function testBroker(): Promise<TestBroker> {
  const { endpoints, start, stop, remove } = await startTestBroker();
  const clients: MqttClient[] = [];
  return {
    url: endpoints.mqtt,
    webUrl: endpoints.webMqtt,
    management: endpoints.management,
    stop,
    start,
    async client(options = {}) {
      const client = await mqtt.connectAsync(endpoints.mqtt, { protocolVersion: 5, ...options });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await remove();
    },
  };
}
