import { CreateStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/create_stream_request.js';
import { CreateSuperStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/create_super_stream_request.js';
import { startTestBroker } from '../../testing/broker.ts';
import { silentLogger } from '../silent-logger.ts';
import { connectStream, type StreamClient, type StreamClientOptions } from './client.ts';
import type { StreamRecord } from './delivery-queue.ts';
import { declarePublisher } from './publisher.ts';
import type { StreamClientError } from './stream-error.ts';

export { BOOT_TIMEOUT_MS } from '../../testing/broker.ts';

const AUTHORIZATION = `Basic ${Buffer.from('guest:guest').toString('base64')}`;

/** A RabbitMQ of the test's own, and clients of it. */
export async function streamBroker() {
  const broker = await startTestBroker();
  const { stream: url, mqtt, management } = broker.endpoints;
  const clients: StreamClient[] = [];
  const connect = async (options: Partial<StreamClientOptions> = {}): Promise<StreamClient> => {
    const onClosed = (_: StreamClientError) => undefined;
    const limits = { connectTimeoutMs: 20_000, requestTimeoutMs: 20_000, heartbeatS: 10 };
    const client = await connectStream({ url, ...limits, logger: silentLogger, onClosed, ...options });
    clients.push(client);
    return client;
  };
  /** The management API, as guest. */
  const http = async (method: string, path: string, body: unknown): Promise<void> => {
    const headers = { authorization: AUTHORIZATION, 'content-type': 'application/json' };
    const answer = await fetch(`${management}/api/${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok || text.includes('"routed":false')) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  };
  const within = async (work: (client: StreamClient) => Promise<unknown>): Promise<void> => {
    const client = await connect();
    await work(client);
    await client.close();
  };
  return {
    ...broker,
    url,
    mqtt,
    connect,
    http,
    createStream: (stream: string, args: Record<string, string | number> = {}) =>
      within((client) => client.request(new CreateStreamRequest({ stream, arguments: args }))),
    createSuperStream: (streamName: string, bindingKeys: string[]) =>
      within((client) => {
        const partitions = bindingKeys.map((key) => `${streamName}-${key}`);
        return client.request(new CreateSuperStreamRequest({ streamName, partitions, bindingKeys }));
      }),
    /** Routes what MQTT topics (with dots) match `key` into the stream. */
    bind: (stream: string, key: string) => http('POST', `bindings/%2F/e/amq.topic/q/${stream}`, { routing_key: key }),
    publish: (stream: string, messages: readonly Buffer[]) =>
      within(async (client) => {
        const publisher = await declarePublisher({ client, stream });
        await publisher.publish(messages);
        await publisher.close();
      }),
    async close(): Promise<void> {
      await Promise.all(clients.map((client) => client.close()));
      await broker.remove();
    },
  };
}

export type TestStreamBroker = Awaited<ReturnType<typeof streamBroker>>;

/** The record's content as text, or `undecodable`. */
export const contentOf = ({ message }: StreamRecord): string =>
  message.undecodable === undefined ? message.content.toString() : 'undecodable';
