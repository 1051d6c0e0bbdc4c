/** Where an event source writes what it does; a Powertools logger or `console` fits. Fields are JSON-able. */
export interface TriggerLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Why a record or an invocation failed, as logs and dead letters carry it. */
export interface Failure {
  /** True when what failed is not the record but something it needs, which may be back later: the attempt does not count. */
  readonly retriable?: true;
  /** True when trying again cannot help: a batch response's item said so of its record (`error.retriable: false`). */
  readonly permanent?: true;
  readonly code: string;
  readonly name: string;
  readonly message: string;
}

/** How an invocation ended: all of its records done, some of them, none, or no answer within the function's time-out. */
export type InvocationOutcome = 'succeeded' | 'partial' | 'failed' | 'timedOut';

/** Why records were not handed to the handler: no room, larger than allowed, old news, or the source stopped. */
export type DropReason = 'overflow' | 'too_large' | 'retained' | 'stopped';

/** What an event source did, for metrics that are made outside. */
export type TriggerEventBody =
  | {
      readonly type: 'batchInvoked';
      readonly records: number;
      readonly durationMs: number;
      readonly outcome: InvocationOutcome;
    }
  | { readonly type: 'recordRetried'; readonly messageId: string; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'recordDeadLettered'; readonly messageId: string; readonly attempt: number; readonly code: string }
  /** One read of the source, whether it found records or not. */
  | { readonly type: 'sourceRead'; readonly records: number; readonly durationMs: number }
  | { readonly type: 'recordsFiltered'; readonly records: number }
  | { readonly type: 'woken'; readonly by: 'notify' | 'poll' }
  | { readonly type: 'reconnected'; readonly afterMs: number }
  /** A connection that is subscribed and receives; and its end. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  /** This worker is a partition's active consumer now; and no longer. */
  | { readonly type: 'partitionAssigned' | 'partitionRevoked'; readonly partition: string }
  /** Held with nothing handled, since its checkpoint is not of this stream; until its checkpoint is removed. */
  | { readonly type: 'partitionHeld'; readonly partition: string }
  /** Records between the stored checkpoint and the end of the partition, of which this worker is the active consumer. */
  | { readonly type: 'lagMeasured'; readonly partition: string; readonly consumer: string; readonly records: number }
  /** The stream's retention removed them before they were read. */
  | { readonly type: 'recordsLost'; readonly partition: string; readonly records: number }
  /** Counted over up to a second. */
  | { readonly type: 'recordsDropped'; readonly records: number; readonly reason: DropReason };

/** `source` is the queue, topic or stream read; `function` the name of the function invoked. */
export type TriggerEvent = TriggerEventBody & { readonly source: string; readonly function: string };

export type Observe = (event: TriggerEvent) => void;

interface EventSourceHealth {
  /** `reconnecting`: the broker or database does not answer; reading goes on as soon as it does. */
  readonly status: 'starting' | 'running' | 'reconnecting' | 'draining' | 'stopped';
  readonly invocationsInFlight: number;
  /** Records read and waiting for their batch to fill or for a free invocation. */
  readonly recordsWaiting: number;
  /** MQTT: how long ago the first came of the QoS 1 messages not acknowledged; those behind it wait for it. */
  readonly oldestUnacknowledgedMs?: number;
  /** Streams: the partitions that this worker is the active consumer of. */
  readonly partitions?: readonly string[];
  /** Streams: records between their checkpoints and their ends, once that was measured (each second). */
  readonly recordsBehind?: number;
  /** The failure that `reconnecting` is about. */
  readonly lastFailure?: string;
}

/** A running event source mapping. */
export interface EventSource {
  /**
   * Stops reading, gives back what was not invoked, lets handlers in flight finish and applies their outcomes, then
   * closes. After `deadlineMs` it gives up on the rest, which is delivered again. That is not so of MQTT at QoS 0 or
   * without a session that is kept: there what was read is still invoked within the deadline; after it, what was not begun
   * is counted as dropped (`stopped`), and what was begun and not finished is a warning. Idempotent; always settles.
   */
  stop(options?: { readonly deadlineMs?: number }): Promise<void>;
  health(): EventSourceHealth;
}

/** Invokes the function once; rejects when the handler threw. `timeoutMs` is the function's time-out. */
export type InvokeFunction = (event: unknown, limits: { readonly timeoutMs: number }) => Promise<unknown>;
