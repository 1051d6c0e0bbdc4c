import { DeclarePublisherRequest } from 'rabbitmq-stream-js-client/dist/requests/declare_publisher_request.js';
import { DeletePublisherRequest } from 'rabbitmq-stream-js-client/dist/requests/delete_publisher_request.js';
import type { StreamClient } from './client.ts';
import { publishFrames } from './publish-frames.ts';
import { responseText, StreamClientError } from './stream-error.ts';
import { wireText } from './wire.ts';

export interface StreamPublisher {
  /**
   * Publishes messages (each the bytes of one AMQP message, see encodeMessage), in order; resolves when the broker has confirmed all.
   * @throws StreamClientError `message_too_large` and `in_flight_full` before anything is sent; `refused`; or why the client
   * ended, when some may be stored: publish those again, with a key to tell a duplicate by
   */
  publish(messages: readonly Buffer[]): Promise<void>;
  /** Messages sent and not confirmed. */
  inFlight(): number;
  /** Takes no more, and ends with the last confirmation. Always settles. */
  close(): Promise<void>;
}

interface Batch {
  left: number;
  readonly done: PromiseWithResolvers<void>;
}

/** A second's worth at some hundreds of MB/s; past it the caller must wait for confirmations. */
const IN_FLIGHT_MAX = 10_000;

/** @throws StreamClientError `refused` (no such stream, access), or why the client ended */
export async function declarePublisher(options: {
  readonly client: StreamClient;
  readonly stream: string;
  readonly inFlightMax?: number;
}): Promise<StreamPublisher> {
  const { client, inFlightMax = IN_FLIGHT_MAX } = options;
  const stream = wireText('stream', options.stream);
  const waiting = new Map<bigint, Batch>();
  // The library takes a publishing id of 0 for none; so does nobody here, but a reader of a trace may be glad.
  let publishingId = 0n;
  let closing: Promise<void> | undefined;
  const settle = (id: bigint, error?: StreamClientError) => {
    const batch = waiting.get(id);
    if (batch === undefined) return;
    waiting.delete(id);
    batch.left -= 1;
    if (error !== undefined) batch.done.reject(error);
    else if (batch.left === 0) batch.done.resolve();
  };
  const publisherId = client.routes.addPublisher({
    stream,
    onConfirm: (id) => settle(id),
    onError: (id, code) => settle(id, new StreamClientError('refused', responseText(code), { responseCode: code })),
    onEnd(reason) {
      for (const id of [...waiting.keys()]) settle(id, reason);
    },
  });
  try {
    await client.request(new DeclarePublisherRequest({ stream, publisherId }));
  } catch (error) {
    client.routes.removePublisher(publisherId);
    throw error;
  }

  const publish = async (messages: readonly Buffer[]): Promise<void> => {
    const ended = client.failed() ?? (closing && new StreamClientError('closed', 'the publisher is closed'));
    if (ended !== undefined) throw ended;
    if (messages.length === 0) return;
    if (waiting.size + messages.length > inFlightMax) {
      throw new StreamClientError('in_flight_full', `${waiting.size} of ${inFlightMax} messages wait for confirmation`);
    }
    const frames = publishFrames({ publisherId, firstId: publishingId + 1n, messages, bytesMax: client.frameBytesMax });
    const batch: Batch = { left: messages.length, done: Promise.withResolvers<void>() };
    for (const _ of messages) {
      publishingId += 1n;
      waiting.set(publishingId, batch);
    }
    for (const frame of frames) client.send(frame);
    await batch.done.promise;
  };

  const end = async (): Promise<void> => {
    await Promise.allSettled([...new Set(waiting.values())].map((batch) => batch.done.promise));
    try {
      await client.request(new DeletePublisherRequest(publisherId));
    } catch (error) {
      client.logger.debug('publisher not deleted: it ended with its client', { error: String(error) });
    }
    client.routes.removePublisher(publisherId);
  };
  return {
    publish,
    inFlight: () => waiting.size,
    close() {
      closing ??= end();
      return closing;
    },
  };
}
