import type { StreamClient } from './client.ts';
import { declarePublisherLink, queryPublisherSequence } from './publisher-link.ts';
import { responseText, StreamClientError } from './stream-error.ts';

export interface StreamPublisher {
  /**
   * Publishes messages (each the bytes of one AMQP message, see encodeMessage), in order; resolves when the broker has confirmed all.
   * @param ids publishing ids, one a message, each above all before it, never 0; without them they are counted on
   * @throws StreamClientError `message_too_large`, `in_flight_full` and `invalid_argument` (ids) before anything is sent; `refused`;
   * or why the client ended, when some may be stored: publish those again, with the same ids and reference, or a key to tell a duplicate by
   */
  publish(messages: readonly Buffer[], ids?: readonly bigint[]): Promise<void>;
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

/**
 * @param reference names the publisher, for deduplication by the broker (see declarePublisherLink); ids then go on from the highest stored
 * @throws StreamClientError `refused` (no such stream, access), or why the client ended
 */
export async function declarePublisher(options: {
  readonly client: StreamClient;
  readonly stream: string;
  readonly inFlightMax?: number;
  readonly reference?: string;
}): Promise<StreamPublisher> {
  const { client, stream, inFlightMax = IN_FLIGHT_MAX, reference } = options;
  const waiting = new Map<bigint, Batch>();
  let closing: Promise<void> | undefined;
  const settle = (id: bigint, error?: StreamClientError) => {
    const batch = waiting.get(id);
    if (batch === undefined) return;
    waiting.delete(id);
    batch.left -= 1;
    if (error !== undefined) batch.done.reject(error);
    else if (batch.left === 0) batch.done.resolve();
  };
  // The library takes a publishing id of 0 for none; so does nobody here, but a reader of a trace may be glad.
  let lastId = reference === undefined ? 0n : await queryPublisherSequence({ client, stream, reference });
  const link = await declarePublisherLink({
    client,
    stream,
    ...(reference === undefined ? {} : { reference }),
    onConfirm: (id) => settle(id),
    onError: (id, code) => settle(id, new StreamClientError('refused', responseText(code), { responseCode: code })),
    onEnd(reason) {
      for (const id of [...waiting.keys()]) settle(id, reason);
    },
  });

  const publish = async (messages: readonly Buffer[], given?: readonly bigint[]): Promise<void> => {
    const ended = client.failed() ?? (closing && new StreamClientError('closed', 'the publisher is closed'));
    if (ended !== undefined) throw ended;
    if (messages.length === 0) return;
    if (waiting.size + messages.length > inFlightMax) {
      throw new StreamClientError('in_flight_full', `${waiting.size} of ${inFlightMax} messages wait for confirmation`);
    }
    const ids = given ?? messages.map((_, index) => lastId + BigInt(index + 1));
    link.send(messages, ids);
    lastId = ids.at(-1) ?? lastId;
    const batch: Batch = { left: messages.length, done: Promise.withResolvers<void>() };
    for (const id of ids) waiting.set(id, batch);
    await batch.done.promise;
  };

  const end = async (): Promise<void> => {
    await Promise.allSettled([...new Set(waiting.values())].map((batch) => batch.done.promise));
    await link.end();
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
