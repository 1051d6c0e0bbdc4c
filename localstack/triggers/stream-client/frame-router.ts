import type { TriggerLogger } from '../event-source.ts';
import { type Chunk, readChunk } from './chunk.ts';
import { responseText, StreamClientError } from './stream-error.ts';
import { KEY, readText } from './wire.ts';

/** Ids are one byte on the wire (the library counts on past 255: its issue 291). */
const IDS_MAX = 256;

export interface Subscriber {
  readonly stream: string;
  onChunk(chunk: Chunk): void;
  /** The broker asks where to start (active), or says that another is active now; it waits for the answer. */
  onUpdate(active: boolean, correlationId: number): void;
}

export interface PublisherRoute {
  readonly stream: string;
  onConfirm(publishingId: bigint): void;
  onError(publishingId: bigint, code: number): void;
  onEnd(reason: StreamClientError): void;
}

/** Who gets what the broker sends, by the lowest free id, which is free again after `delete`. */
export interface Routes {
  addSubscriber(subscriber: Subscriber): number;
  removeSubscriber(id: number): void;
  addPublisher(publisher: PublisherRoute): number;
  removePublisher(id: number): void;
}

export class FrameRouter implements Routes {
  private readonly subscribers = new Map<number, Subscriber>();
  private readonly publishers = new Map<number, PublisherRoute>();
  private readonly logger: TriggerLogger;
  private readonly fail: (reason: StreamClientError) => void;

  constructor(logger: TriggerLogger, fail: (reason: StreamClientError) => void) {
    this.logger = logger;
    this.fail = fail;
  }

  addSubscriber(subscriber: Subscriber): number {
    return add(this.subscribers, subscriber);
  }

  removeSubscriber(id: number): void {
    this.subscribers.delete(id);
  }

  addPublisher(publisher: PublisherRoute): number {
    return add(this.publishers, publisher);
  }

  removePublisher(id: number): void {
    this.publishers.delete(id);
  }

  /** The client has ended: whoever waits for a confirmation learns of it. */
  ended(reason: StreamClientError): void {
    for (const publisher of this.publishers.values()) publisher.onEnd(reason);
    this.publishers.clear();
    this.subscribers.clear();
  }

  /** @throws StreamClientError or RangeError when the frame is not what its key says */
  route(key: number, frame: Buffer): void {
    switch (key) {
      case KEY.deliver: {
        const chunk = readChunk(frame);
        // Nobody is there for what was on its way when the subscription ended.
        this.subscribers.get(chunk.subscriptionId)?.onChunk(chunk);
        return;
      }
      case KEY.consumerUpdate:
        this.subscribers.get(frame.readUInt8(8))?.onUpdate(frame.readUInt8(9) === 1, frame.readUInt32BE(4));
        return;
      case KEY.publishConfirm:
        this.confirm(frame);
        return;
      case KEY.publishError:
        this.publishError(frame);
        return;
      case KEY.metadataUpdate:
        this.unavailable(frame);
        return;
      case KEY.creditResponse:
        this.logger.debug('credit refused', {
          code: responseText(frame.readUInt16BE(4)),
          subscription: frame.readUInt8(6),
        });
        return;
      default:
        this.logger.debug('frame of a kind not used here', { key });
    }
  }

  private confirm(frame: Buffer): void {
    const publisher = this.publishers.get(frame.readUInt8(4));
    const count = frame.readUInt32BE(5);
    for (let index = 0; index < count; index += 1) publisher?.onConfirm(frame.readBigUInt64BE(9 + index * 8));
  }

  private publishError(frame: Buffer): void {
    const publisher = this.publishers.get(frame.readUInt8(4));
    const count = frame.readUInt32BE(5);
    for (let index = 0, at = 9; index < count; index += 1, at += 10) {
      publisher?.onError(frame.readBigUInt64BE(at), frame.readUInt16BE(at + 8));
    }
  }

  /** The broker has dropped this stream's subscriptions and publishers of this connection. */
  private unavailable(frame: Buffer): void {
    const { text: stream } = readText(frame, 6);
    const users = [...this.subscribers.values(), ...this.publishers.values()];
    if (!users.some((user) => user.stream === stream)) return;
    const responseCode = frame.readUInt16BE(4);
    const message = `${stream}: ${responseText(responseCode)}`;
    this.fail(new StreamClientError('stream_unavailable', message, { responseCode }));
  }
}

function add<T>(routes: Map<number, T>, route: T): number {
  for (let id = 0; id < IDS_MAX; id += 1) {
    if (routes.has(id)) continue;
    routes.set(id, route);
    return id;
  }
  throw new StreamClientError('too_many_ids', `a connection holds ${IDS_MAX} of a kind`);
}
