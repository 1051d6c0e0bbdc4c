import { failureText, PublishError } from './publish-error.ts';
import type { PublisherEvent, PublisherSettings, PublishOptions, ReconnectingPublisher } from './publisher-types.ts';
import { createStreamPublisher } from './stream-publisher.ts';

export interface SuperStreamPublisherOptions extends Omit<PublisherSettings, 'onEvent'> {
  readonly superStream: string;
  /** The partition's stream for a routing key; undefined where there is none. The same key has to give the same partition. */
  readonly partitionOf: (routingKey: string) => string | undefined;
  readonly onEvent?: (event: PublisherEvent & { readonly stream: string }) => void;
  /** Partitions published to; past it a routing key has none. */
  readonly partitionsMax?: number;
}

export interface SuperStreamPublisher {
  /**
   * As {@link ReconnectingPublisher.publish}, to the partition of the key. Order holds within a partition.
   * @throws PublishError, also `no_partition`
   */
  publish(routingKey: string, messages: readonly Buffer[], options?: PublishOptions): Promise<void>;
  /** Begins to connect to the partition of the key, as the first publish does; idempotent. */
  connect(routingKey: string): void;
  inFlight(): number;
  /** Always settles; idempotent. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/** Each is a connection: a key that a stranger chose must not make them without end. */
const PARTITIONS_MAX = 128;

/** A publisher a partition, made on first use, with one name for all: the broker keeps a sequence a stream. */
export function createSuperStreamPublisher(options: SuperStreamPublisherOptions): SuperStreamPublisher {
  const { superStream, partitionOf, onEvent, partitionsMax = PARTITIONS_MAX, ...settings } = options;
  const publishers = new Map<string, ReconnectingPublisher>();
  let closing: Promise<void> | undefined;

  const publisherOf = (stream: string): ReconnectingPublisher => {
    const known = publishers.get(stream);
    if (known !== undefined) return known;
    if (publishers.size >= partitionsMax) {
      throw new PublishError('no_partition', `publishing to ${superStream}: more than ${partitionsMax} partitions`);
    }
    const observe = onEvent === undefined ? {} : { onEvent: (event: PublisherEvent) => onEvent({ ...event, stream }) };
    const made = createStreamPublisher({ ...settings, ...observe, stream });
    publishers.set(stream, made);
    return made;
  };

  const publisherFor = (routingKey: string): ReconnectingPublisher => {
    if (closing !== undefined) throw new PublishError('closed', failureText('closed', { stream: superStream }));
    const stream = partitionOf(routingKey);
    if (stream === undefined) {
      throw new PublishError('no_partition', failureText('no_partition', { stream: superStream }));
    }
    return publisherOf(stream);
  };

  return {
    async publish(routingKey, messages, publishOptions) {
      await publisherFor(routingKey).publish(messages, publishOptions);
    },
    connect: (routingKey) => publisherFor(routingKey).connect(),
    inFlight: () => [...publishers.values()].reduce((sum, publisher) => sum + publisher.inFlight(), 0),
    close(closeOptions) {
      closing ??= Promise.all([...publishers.values()].map((publisher) => publisher.close(closeOptions))).then(
        () => undefined,
      );
      return closing;
    },
  };
}
