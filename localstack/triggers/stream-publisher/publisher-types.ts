import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { TriggerLogger } from '../event-source.ts';
import type { PublishErrorCode } from './publish-error.ts';

/** What a publisher did, for metrics that are made outside. */
export type PublisherEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  /** A publish that the broker has confirmed; `durationMs` from the call to the confirmation. */
  | { readonly type: 'stored'; readonly messages: number; readonly durationMs: number }
  | { readonly type: 'failed'; readonly messages: number; readonly code: PublishErrorCode }
  /** Another publisher of this name has written to the stream: messages of either may be lost, though confirmed. */
  | { readonly type: 'nameConflict'; readonly sequence: bigint };

export interface PublisherSettings {
  /** `rabbitmq-stream://user:password@host:port`, or `rabbitmq-stream+tls:`. */
  readonly url: string;
  readonly tls?: TlsOptions | undefined;
  /**
   * With a name the broker stores a message once, however often it has to be sent. A name belongs to one process at a time:
   * of two that live at once the broker drops messages, and confirms them; it does not fence publishers.
   */
  readonly name?: string | undefined;
  /** Messages, and bytes, that may wait for their confirmation. */
  readonly inFlightMax?: number;
  readonly inFlightBytesMax?: number;
  readonly logger: TriggerLogger;
  readonly onEvent?: (event: PublisherEvent) => void;
  /** How long a publish waits for its confirmation, unless it says so itself. */
  readonly confirmTimeoutMs?: number;
  /** While something waits, a connection without any confirmation for so long is replaced. */
  readonly stalledMs?: number;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly heartbeatS?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface PublishOptions {
  /** Of this publish, ms from now; default `confirmTimeoutMs`. */
  readonly deadlineMs?: number;
  /** Gives up waiting (`aborted`). */
  readonly signal?: AbortSignal;
}

export interface ReconnectingPublisher {
  /**
   * Resolves when the broker has confirmed all messages (each the bytes of one AMQP message, see encodeMessage; not to be
   * changed meanwhile). They are stored in the order of the calls. The first call connects.
   * @throws PublishError with `code`, `retriable` and `mayBeStored`
   */
  publish(messages: readonly Buffer[], options?: PublishOptions): Promise<void>;
  /** Begins to connect, as the first publish does; idempotent. */
  connect(): void;
  /** Messages accepted and not answered by the broker, those that nobody waits for any more included. */
  inFlight(): number;
  /** Connected, and declared. */
  readonly ready: boolean;
  /** Takes no more, waits for what is in flight, and fails it (`closed`) at the deadline. Idempotent; always settles. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}
