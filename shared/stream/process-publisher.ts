import { encodeMessage } from '../../localstack/triggers/stream-client/encode-message.ts';
import { PublishError } from '../../localstack/triggers/stream-publisher/publish-error.ts';
import {
  createSuperStreamPublisher,
  type SuperStreamPublisher,
} from '../../localstack/triggers/stream-publisher/super-stream-publisher.ts';
import { config } from '../config.ts';
import { PermanentError, TransientError } from '../errors.ts';
import { telemetry } from '../telemetry.ts';
import { partitionOf } from '../topology/partition-of.ts';
import { readTopology } from '../topology/read-topology.ts';

/** A message for a stream that has partitions. */
export interface PartitionedMessage {
  /** What decides its partition (functions/topology.yml): the ward, or the key. */
  partitionBy: string;
  /** The key that keeps its order, and the record's partition key. */
  key: string;
  value: object;
  properties: Readonly<Record<string, string>>;
}

/** Below the 2 s after which the database gives up: a device repeats after five seconds. */
const CONFIRM_TIMEOUT_MS = 2_000;
const CLOSE_DEADLINE_MS = 2_000;

const publishers = new Map<string, SuperStreamPublisher>();

/** This process's publisher to a stream, connected on first use: a connection a partition. */
function publisherTo(superStream: string): SuperStreamPublisher {
  const known = publishers.get(superStream);
  if (known !== undefined) return known;
  const topology = readTopology();
  const made = createSuperStreamPublisher({
    url: config().endpoints.rabbitmq.stream,
    superStream,
    partitionOf: (wardOrKey) => partitionOf(topology, superStream, wardOrKey),
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    logger: telemetry().log,
  });
  publishers.set(superStream, made);
  return made;
}

/**
 * Publishes to its partition; resolves when the broker has stored the message.
 * @throws TransientError `stream_unavailable`: it may be stored all the same; sent again under its event id it has one effect.
 * PermanentError `message_refused`: too large, for one
 */
export async function publishToStream(superStream: string, message: PartitionedMessage): Promise<void> {
  const { partitionBy, key, value, properties } = message;
  const content = Buffer.from(JSON.stringify(value));
  const bytes = encodeMessage({
    content,
    contentType: 'application/json',
    subject: key,
    applicationProperties: properties,
  });
  try {
    await publisherTo(superStream).publish(partitionBy, [bytes]);
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    if (error.retriable) throw new TransientError('stream_unavailable', error.message, { cause: error });
    throw new PermanentError('message_refused', error.message, { cause: error });
  }
}

/** Ends this process's publishers; the next publish makes new ones. */
export async function closePublishers(): Promise<void> {
  const closing = [...publishers.values()];
  publishers.clear();
  await Promise.all(closing.map((publisher) => publisher.close({ deadlineMs: CLOSE_DEADLINE_MS })));
}
