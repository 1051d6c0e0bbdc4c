import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { CreateStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/create_stream_request.js';
import { freePort } from '../../services/ports.ts';
import { rabbitmqService } from '../../services/rabbitmq.ts';
import { obtainRabbitmq } from '../../setup/obtain-rabbitmq.ts';
import { silentProgress } from '../../setup/progress.ts';
import { silentLogger } from '../silent-logger.ts';
import { connectStream, type StreamClient } from '../stream-client/client.ts';
import { queryOffset } from '../stream-client/offsets.ts';
import { declarePublisher } from '../stream-client/publisher.ts';

const LIMITS = { connectTimeoutMs: 20_000, requestTimeoutMs: 20_000, heartbeatS: 10 };
const quiet = () => undefined;

/** A RabbitMQ of the test's own that can be killed, or held, and comes back with its data on its ports. */
export async function killableBroker() {
  const home = await mkdtemp(join(tmpdir(), 'heartline-killed-'));
  const [amqp, mqtt, webMqtt, stream, management, prometheus, distribution, epmd] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const ports = { amqp, mqtt, webMqtt, stream, management, prometheus, distribution, epmd };
  const program = await obtainRabbitmq(silentProgress);
  const service = rabbitmqService({ program, home, ports });
  let running = await service.start();
  const url = running.endpoints.stream;

  const within = async <T>(work: (client: StreamClient) => Promise<T>): Promise<T> => {
    const client = await connectStream({ url, ...LIMITS, logger: silentLogger, onClosed: quiet });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  return {
    url,
    signal: (signal: NodeJS.Signals) => void process.kill(-running.pid, signal),
    /** kill -9; resolves when it is gone. */
    async kill(): Promise<void> {
      process.kill(-running.pid, 'SIGKILL');
      await running.exited;
    },
    async start(): Promise<void> {
      running = await service.start();
    },
    async restart(): Promise<void> {
      await running.stop();
      running = await service.start();
    },
    async close(): Promise<void> {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
    createStream: (name: string, args: Record<string, string | number> = {}) =>
      within((client) => client.request(new CreateStreamRequest({ stream: name, arguments: args }))),
    publish: (name: string, messages: readonly Buffer[]) =>
      within(async (client) => {
        const publisher = await declarePublisher({ client, stream: name });
        await publisher.publish(messages);
        await publisher.close();
      }),
    storedOffset: (name: string, consumerName = 'consume') =>
      within((client) => queryOffset({ client, stream: name, consumerName })),
    within,
  };
}

export type KillableBroker = Awaited<ReturnType<typeof killableBroker>>;
