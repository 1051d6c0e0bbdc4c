import { silentLogger } from '../../../localstack/triggers/silent-logger.ts';
import { decodeMessage } from '../../../localstack/triggers/stream-client/amqp-message.ts';
import { connectStream, type StreamClient } from '../../../localstack/triggers/stream-client/client.ts';
import { lagRecords, streamStatistics } from '../../../localstack/triggers/stream-client/offsets.ts';
import { consumePartition } from '../../../localstack/triggers/stream-client/partition.ts';
import type { DeadLetter } from '../verdict/history.ts';
import { CONSUMER, DEAD_LETTERS, PARTITIONS } from './topology.ts';

const CONNECT_LIMIT_MS = 5_000;
const REQUEST_LIMIT_MS = 10_000;
const HEARTBEAT_S = 10;
/** Silence for so long is the end: a chunk comes within milliseconds of its credit. */
const QUIET_MS = 300;
const READ_LIMIT_MS = 30_000;

async function withClient<T>(url: string, work: (client: StreamClient) => Promise<T>): Promise<T> {
  const client = await connectStream({
    url,
    connectTimeoutMs: CONNECT_LIMIT_MS,
    requestTimeoutMs: REQUEST_LIMIT_MS,
    heartbeatS: HEARTBEAT_S,
    logger: silentLogger,
    onClosed: () => undefined,
    connectionName: 'faults-evidence',
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Whether each partition's last chunk is begun, by the stored positions. */
export function isReadUpTo(url: string, positions: ReadonlyMap<string, bigint>): Promise<boolean> {
  return withClient(url, async (client) => {
    for (const partition of PARTITIONS) {
      const position = positions.get(`${CONSUMER}/${partition}`) ?? 0n;
      if (lagRecords(await streamStatistics(client, partition), position) > 0n) return false;
    }
    return true;
  });
}

/** Every dead letter that there is now. Rejects when the stream cannot be read to its end. */
export function readDeadLetters(url: string): Promise<DeadLetter[]> {
  return withClient(url, async (client) => {
    const { lastChunkId } = await streamStatistics(client, DEAD_LETTERS);
    if (lastChunkId === undefined) return [];
    const letters: DeadLetter[] = [];
    const end = Promise.withResolvers<Error | undefined>();
    client.closed.then(end.resolve);
    const limit = setTimeout(() => end.resolve(new Error(`${DEAD_LETTERS} was not read in time`)), READ_LIMIT_MS);
    let quiet: NodeJS.Timeout | undefined;
    try {
      await consumePartition({
        client,
        stream: DEAD_LETTERS,
        consumerName: 'faults-evidence',
        singleActive: false,
        offset: 'first',
        onRecord: ({ offset, message }) => {
          letters.push({ id: message.undecodable === undefined ? idIn(message.content) : undefined });
          if (offset < lastChunkId) return;
          clearTimeout(quiet);
          quiet = setTimeout(() => end.resolve(undefined), QUIET_MS);
        },
      });
      const failure = await end.promise;
      if (failure) throw failure;
    } finally {
      clearTimeout(limit);
      clearTimeout(quiet);
    }
    return letters;
  });
}

/** A dead letter's content is the record as it was stored. */
function idIn(content: Buffer): string | undefined {
  const record = decodeMessage(content);
  if (record.undecodable !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(record.content.toString());
    const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
    return typeof id === 'string' ? id : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
