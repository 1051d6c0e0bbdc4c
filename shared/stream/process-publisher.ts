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
import { publisherLinks } from './publisher-links.ts';

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

/** A connection takes tens of ms; who asks whether there is one does not wait longer than it has (shared/ops/readiness.ts). */
const FIRST_CONNECT_MS = 800;
/** Any: it is to be one of the stream's partitions, always the same. */
const ONE_KEY = 'readiness';

let links = publisherLinks();
let askedMs: number | undefined;
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
    onEvent: links.observe,
    logger: telemetry().log,
  });
  publishers.set(superStream, made);
  return made;
}

/**
 * Publishes to its partition; resolves when the broker has stored the message. Messages of one partition are stored in the order of the calls.
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

/**
 * Resolves when this process can publish, as far as its connections know: one to each super stream, made by the first who asks,
 * and those that were published on. Asks the broker nothing.
 * @throws TransientError `stream_unavailable`
 */
export async function canPublish(): Promise<void> {
  if (askedMs === undefined) {
    askedMs = performance.now();
    const topology = readTopology();
    for (const { name, partitions } of topology.streams) {
      if (partitions.length === 0) continue;
      links.expect(partitionOf(topology, name, ONE_KEY));
      publisherTo(name).connect(ONE_KEY);
    }
  }
  const waitMs = FIRST_CONNECT_MS - (performance.now() - askedMs);
  if (waitMs > 0) await links.settled(waitMs);
  const trouble = links.trouble(performance.now());
  if (trouble !== undefined) throw new TransientError('stream_unavailable', `The broker takes no records: ${trouble}.`);
}

/** Ends this process's publishers; the next publish makes new ones. */
export async function closePublishers(): Promise<void> {
  const closing = [...publishers.values()];
  publishers.clear();
  links = publisherLinks();
  askedMs = undefined;
  await Promise.all(closing.map((publisher) => publisher.close({ deadlineMs: CLOSE_DEADLINE_MS })));
}
