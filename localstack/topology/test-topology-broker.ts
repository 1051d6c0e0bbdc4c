import { CreateSuperStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/create_super_stream_request.js';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { parseTopology } from '../../shared/topology/read-topology.ts';
import type { Topology } from '../../shared/topology/topology-schema.ts';
import { BOOT_TIMEOUT_MS, startTestBroker } from '../testing/broker.ts';
import { connectStream, type StreamClient } from '../triggers/stream-client/client.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { declarePublisher } from '../triggers/stream-client/publisher.ts';
import { type Applied, applyTopology, checkTopology } from './apply-topology.ts';
import { type ManagementApi, managementApi } from './management-api.ts';

export { BOOT_TIMEOUT_MS } from '../testing/broker.ts';

const LIMITS = { connectTimeoutMs: 20_000, requestTimeoutMs: 20_000, heartbeatS: 10 };

/** Keeps what is logged, as `warn topology: …`. */
export function keepingLogger() {
  const lines: string[] = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, logger: { debug: () => undefined, info: keep('info'), warn: keep('warn'), error: keep('error') } };
}

/** A virtual host of a test's own, with nothing in it. */
export interface TestHost {
  readonly streamUrl: string;
  readonly managementUrl: string;
  readonly api: ManagementApi;
  connect(): Promise<StreamClient>;
  publish(stream: string, messages: readonly string[]): Promise<void>;
  /** The broker's own way of making one. */
  createSuperStream(streamName: string, bindingKeys: string[], segmentBytes: number): Promise<void>;
}

export async function topologyBroker() {
  const broker = await startTestBroker();
  const { stream, management } = broker.endpoints;
  let hosts = 0;
  const newHost = async (): Promise<TestHost> => {
    hosts += 1;
    // A slash, as in the default one's name, has to be encoded in every address.
    const vhost = `test/${hosts}`;
    const root = managementApi(management, stream);
    await root.send('PUT', `vhosts/${encodeURIComponent(vhost)}`, {});
    return hostOf(`${stream}/${encodeURIComponent(vhost)}`);
  };
  const hostOf = (streamUrl: string): TestHost => {
    const { logger } = keepingLogger();
    const connect = () => connectStream({ url: streamUrl, ...LIMITS, logger, onClosed: () => undefined });
    const within = async (work: (client: StreamClient) => Promise<unknown>): Promise<void> => {
      const client = await connect();
      await work(client);
      await client.close();
    };
    return {
      streamUrl,
      managementUrl: management,
      api: managementApi(management, streamUrl),
      connect,
      publish: (name, messages) =>
        within(async (client) => {
          const publisher = await declarePublisher({ client, stream: name });
          await publisher.publish(messages.map((text) => encodeMessage({ content: Buffer.from(text) })));
        }),
      createSuperStream: (streamName, bindingKeys, segmentBytes) =>
        within((client) => {
          const partitions = bindingKeys.map((key) => `${streamName}-${key}`);
          const args = { 'stream-max-segment-size-bytes': segmentBytes };
          return client.request(new CreateSuperStreamRequest({ streamName, partitions, bindingKeys, arguments: args }));
        }),
    };
  };
  return { broker, newHost, defaultHost: () => hostOf(stream) };
}

/** The topology of the tests, with texts replaced. */
function topologyWith(changes: Readonly<Record<string, string>> = {}): Topology {
  let text = `
wards:
  partitions: { w0: [icu-1, icu-3], w1: [icu-2] }
  others: w1
streams:
  alerts.raw: { partitioned: by-ward, devices: alert, maxLength: 64 MiB, maxAge: 30 d, segment: 1 MiB }
  dead-letters: { maxLength: 64 MiB, maxAge: 90 d, segment: 1 MiB }
`;
  for (const [from, to] of Object.entries(changes)) text = text.replace(from, to);
  return parseTopology(text, 'functions/topology.yml');
}

export type TopologyChanges = Parameters<typeof topologyWith>[0];

/** A broker for a test file, and for each test a virtual host of its own on it. */
export function onTopologyBroker() {
  let started: Awaited<ReturnType<typeof topologyBroker>>;
  let host: TestHost;
  beforeAll(async () => {
    started = await topologyBroker();
  }, BOOT_TIMEOUT_MS);
  afterAll(async () => {
    await started.broker.remove();
  }, BOOT_TIMEOUT_MS);
  beforeEach(async () => {
    host = await started.newHost();
  });
  return {
    host: () => host,
    async apply(changes: TopologyChanges = {}, drained = false): Promise<Applied & { lines: string[] }> {
      const { lines, logger } = keepingLogger();
      const applied = await applyTopology({ ...host, topology: topologyWith(changes), logger, drained });
      return { ...applied, lines };
    },
    /** Each as `kind object`. */
    async check(changes: TopologyChanges = {}): Promise<string[]> {
      const found = await checkTopology({ ...host, topology: topologyWith(changes), logger: keepingLogger().logger });
      return found.map(({ kind, object }) => `${kind} ${object}`);
    },
  };
}
