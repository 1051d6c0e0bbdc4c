import { ConsumerUpdateResponse } from 'rabbitmq-stream-js-client/dist/requests/consumer_update_response.js';
import { CreditRequest } from 'rabbitmq-stream-js-client/dist/requests/credit_request.js';
import { SubscribeRequest } from 'rabbitmq-stream-js-client/dist/requests/subscribe_request.js';
import { UnsubscribeRequest } from 'rabbitmq-stream-js-client/dist/requests/unsubscribe_request.js';
import type { StreamClient } from './client.ts';
import { DeliveryQueue, type StreamRecord } from './delivery-queue.ts';
import { asStreamError, RESPONSE_OK, StreamClientError } from './stream-error.ts';
import { type StartOffset, wireOffset, wireText } from './wire.ts';

export interface PartitionOptions {
  readonly client: StreamClient;
  /** The partition's own name: `vitals-w0`. */
  readonly stream: string;
  /** Names the super stream, and has the broker share its partitions out among the consumers of one name. */
  readonly superStream?: string;
  readonly consumerName: string;
  /** One consumer of the name receives at a time; `onActive` then says where it starts, and `offset` does not count. */
  readonly singleActive: boolean;
  readonly offset: StartOffset;
  /**
   * Only with `singleActive`. True: this consumer is the one now; returns where delivery starts. False: another takes
   * over as soon as this settles; no further record is delivered, so wait here for the one in hand. Settles within 30 s, or the client ends.
   */
  readonly onActive?: (active: boolean) => StartOffset | undefined | Promise<StartOffset | undefined>;
  /** One record at a time, in order; the next waits for a promise. A throw ends the client as `consumer_failed`. */
  readonly onRecord: (record: StreamRecord) => undefined | Promise<void>;
  /** Chunks on their way at once; 2 keeps the link busy while one is worked on. */
  readonly credits?: number;
}

export interface PartitionConsumer {
  /** Delivers no further record, and asks the broker for no further chunk. */
  pause(): void;
  resume(): void;
  readonly active: boolean;
  /** First offset of the last committed chunk, as of the last delivery: lag without a request. */
  readonly committedChunkId: bigint | undefined;
  /** Unsubscribes. Always settles; nothing is delivered from its call on. */
  close(): Promise<void>;
}

const CREDITS = 2;
/** The broker gives up waiting after 60 s (`stream.request_timeout`). */
const ACTIVATION_TIMEOUT_MS = 30_000;

/** @throws StreamClientError `refused` (no such stream, access), `invalid_argument`, or why the client ended */
export async function consumePartition(options: PartitionOptions): Promise<PartitionConsumer> {
  const { client, stream, superStream, consumerName, singleActive, credits = CREDITS } = options;
  const properties: Record<string, string> = { name: wireText('consumerName', consumerName) };
  if (singleActive) properties['single-active-consumer'] = 'true';
  if (superStream !== undefined) properties['super-stream'] = wireText('superStream', superStream);
  const offset = wireOffset(options.offset);
  let active = !singleActive;
  let committedChunkId: bigint | undefined;
  const queue = new DeliveryQueue({
    onRecord: options.onRecord,
    onChunksDone: (credit) => client.send(new CreditRequest({ subscriptionId, credit })),
    onFailed: (error) => client.fail(asStreamError(error, 'consumer_failed', `onRecord of ${stream}`)),
  });
  if (active) queue.startAt(options.offset);

  const update = async (nowActive: boolean, correlationId: number) => {
    active = false;
    queue.drop();
    const start = await withinLimit(stream, async () => options.onActive?.(nowActive));
    const from = start ?? options.offset;
    const command = new ConsumerUpdateResponse({ correlationId, responseCode: RESPONSE_OK, offset: wireOffset(from) });
    queue.startAt(from);
    active = nowActive;
    client.send(command);
  };
  // The broker asks again only after an answer, but a deactivation may come while an activation is being answered.
  let updates: Promise<void> = Promise.resolve();
  const subscriptionId = client.routes.addSubscriber({
    stream,
    onChunk(chunk) {
      committedChunkId = chunk.committedChunkId ?? committedChunkId;
      if (active) queue.add(chunk);
      // On its way when another became active: that one delivers it.
      else client.send(new CreditRequest({ subscriptionId: chunk.subscriptionId, credit: 1 }));
    },
    onUpdate(nowActive, correlationId) {
      updates = updates
        .then(() => update(nowActive, correlationId))
        .catch((error: unknown) => client.fail(asStreamError(error, 'consumer_failed', `onActive of ${stream}`)));
    },
  });
  try {
    const name = wireText('stream', stream);
    await client.request(new SubscribeRequest({ subscriptionId, stream: name, offset, credit: credits, properties }));
  } catch (error) {
    client.routes.removeSubscriber(subscriptionId);
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    get active() {
      return active && closing === undefined && client.failed() === undefined;
    },
    get committedChunkId() {
      return committedChunkId;
    },
    close() {
      closing ??= unsubscribe(client, subscriptionId, queue);
      return closing;
    },
  };
}

async function withinLimit<T>(stream: string, work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `onActive of ${stream} took more than ${ACTIVATION_TIMEOUT_MS} ms`;
    late.reject(new StreamClientError('consumer_failed', message));
  }, ACTIVATION_TIMEOUT_MS);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function unsubscribe(client: StreamClient, subscriptionId: number, queue: DeliveryQueue): Promise<void> {
  queue.end();
  try {
    await client.request(new UnsubscribeRequest(subscriptionId));
  } catch (error) {
    // The client has ended, and the subscription with it; or the broker had dropped it already.
    client.logger.debug('unsubscribe without effect', { error: String(error) });
  }
  client.routes.removeSubscriber(subscriptionId);
}
