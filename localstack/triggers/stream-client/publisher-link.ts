import { DeclarePublisherRequest } from 'rabbitmq-stream-js-client/dist/requests/declare_publisher_request.js';
import { DeletePublisherRequest } from 'rabbitmq-stream-js-client/dist/requests/delete_publisher_request.js';
import { QueryPublisherRequest } from 'rabbitmq-stream-js-client/dist/requests/query_publisher_request.js';
import type { StreamClient } from './client.ts';
import type { PublisherRoute } from './frame-router.ts';
import { publishFrames } from './publish-frames.ts';
import { StreamClientError } from './stream-error.ts';
import { wireText } from './wire.ts';

interface PublisherLinkOptions extends PublisherRoute {
  readonly client: StreamClient;
  /**
   * Names the publisher. The broker then stores a message only if its publishing id is above all it has stored under the
   * name in this stream, and confirms it either way. It knows no owner of a name: two at once lose messages.
   */
  readonly reference?: string;
}

/** A declared publisher as the protocol has it: each message is confirmed, or refused, by its publishing id. */
export interface PublisherLink {
  /**
   * Sends messages (each the bytes of one AMQP message) with an id each, above all sent before, never 0.
   * @throws StreamClientError `message_too_large`, `invalid_argument`, before anything is sent; why the client ended
   */
  send(messages: readonly Buffer[], ids: readonly bigint[]): void;
  /** Says that the publisher is done with; nothing is confirmed from here on. Always settles. */
  end(): Promise<void>;
}

const PUBLISHING_ID_MAX = 2n ** 64n - 1n;

/** @throws StreamClientError `refused` (no such stream, access, the name is taken on this client), or why the client ended */
export async function declarePublisherLink({
  client,
  reference,
  ...route
}: PublisherLinkOptions): Promise<PublisherLink> {
  const stream = wireText('stream', route.stream);
  // The library writes an absent reference as an empty text, where the protocol has null: the broker takes both for none.
  const named = reference === undefined ? {} : { publisherRef: wireText('reference', reference) };
  const publisherId = client.routes.addPublisher(route);
  try {
    await client.request(new DeclarePublisherRequest({ stream, publisherId, ...named }));
  } catch (error) {
    client.routes.removePublisher(publisherId);
    throw error;
  }
  let lastId = 0n;
  return {
    send(messages, ids) {
      const ended = client.failed();
      if (ended !== undefined) throw ended;
      checkIds(lastId, messages, ids);
      const frames = publishFrames({ publisherId, ids, messages, bytesMax: client.frameBytesMax });
      lastId = ids.at(-1) ?? lastId;
      for (const frame of frames) client.send(frame);
    },
    async end() {
      try {
        await client.request(new DeletePublisherRequest(publisherId));
      } catch (error) {
        client.logger.debug('publisher not deleted: it ended with its client', { error: String(error) });
      }
      client.routes.removePublisher(publisherId);
    },
  };
}

/**
 * The highest publishing id stored under the name; 0 when there is none.
 * @throws StreamClientError `refused` (no such stream, access), or why the client ended
 */
export async function queryPublisherSequence(options: {
  readonly client: StreamClient;
  readonly stream: string;
  readonly reference: string;
}): Promise<bigint> {
  const stream = wireText('stream', options.stream);
  const publisherRef = wireText('reference', options.reference);
  const payload = await options.client.request(new QueryPublisherRequest({ stream, publisherRef }));
  return payload.readBigUInt64BE(0);
}

/** An id that is not above the last would be confirmed by the broker, and dropped. */
function checkIds(lastId: bigint, messages: readonly Buffer[], ids: readonly bigint[]): void {
  if (ids.length !== messages.length) throw new StreamClientError('invalid_argument', 'one publishing id a message');
  let before = lastId;
  for (const id of ids) {
    if (id <= before || id > PUBLISHING_ID_MAX) {
      throw new StreamClientError('invalid_argument', `publishing id ${id} does not follow ${before}`);
    }
    before = id;
  }
}
