import type { DropReason, Failure } from '../event-source.ts';
import type { DelayBounds } from '../jitter.ts';

/** What the machine needs to know of a message; the shell keeps the rest of it in the same object. */
export interface MachineRecord {
  /** Unique in this process; counts up in the order of arrival. */
  readonly id: number;
  readonly qos: 0 | 1;
  /** The connection it came on, counted from 1: no other can acknowledge it. */
  readonly connection: number;
  /** Set when it is not to be invoked at all, and why. */
  readonly refused?: 'too_large' | 'retained';
}

export interface MachineOptions {
  readonly maximumConcurrency: number;
  /** QoS 0 messages that wait for a free invocation; one more is dropped. */
  readonly maximumQueueLength: number;
  /** QoS 1 messages in hand at which reading stops; the broker's own flow control is to come first. */
  readonly pauseAt: number;
  /** First attempt included; Infinity for ever. */
  readonly maximumAttempts: number;
  readonly retryDelay: DelayBounds;
  /** The broker keeps the session, and with it what is unacknowledged, while no connection is there. */
  readonly persistent: boolean;
  /** A message given up on is published elsewhere before it is acknowledged. */
  readonly failureTopic: boolean;
}

export type Input<R extends MachineRecord> =
  /** A connection is there. `resumed`: the broker kept the session and sends again what is unacknowledged. */
  | { readonly type: 'connected'; readonly connection: number; readonly resumed: boolean }
  | { readonly type: 'lost' }
  | { readonly type: 'message'; readonly record: R }
  | { readonly type: 'settled'; readonly id: number; readonly failure?: Failure | undefined }
  /** Answers to `publishFailure`. */
  | { readonly type: 'published'; readonly id: number }
  | { readonly type: 'publishFailed'; readonly id: number }
  | { readonly type: 'tick' }
  | { readonly type: 'stop' }
  /** The drain deadline has passed: nothing is waited for any more. */
  | { readonly type: 'abandon' };

/**
 * What became of a message. `left`: unacknowledged, for the broker to deliver again. The other ends that a stop brings are
 * of what nobody delivers again (QoS 0, or a session that is not kept): `stopped` was never begun; `unfinished` was, and
 * the stop does not wait for its handler, its next attempt or its failure message any longer.
 */
export type Fate = 'succeeded' | 'failed' | 'given_up' | 'left' | 'unfinished' | DropReason;

export type Output<R extends MachineRecord> =
  | { readonly type: 'invoke'; readonly record: R; readonly attempt: number }
  /** Says that the message is attempted again later; the machine itself waits. */
  | { readonly type: 'retry'; readonly record: R; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'publishFailure'; readonly record: R; readonly attempt: number; readonly failure: Failure }
  | {
      readonly type: 'finished';
      readonly record: R;
      readonly fate: Fate;
      readonly attempt: number;
      readonly failure?: Failure;
    }
  | { readonly type: 'ack'; readonly record: R }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'stopped' };

/** A message in hand, as the machine keeps it. */
export interface Work<R> {
  readonly record: R;
  /** Attempts that counted; the one under way is one more. */
  counted: number;
  /** Failures in a row of any kind, which the delays grow by. */
  failures: number;
  stage: 'invoke' | 'publish';
  /** When it is tried again, of one that waits. */
  dueMs: number;
  failure?: Failure;
}

export interface Machine<R extends MachineRecord> {
  step(input: Input<R>, nowMs: number): readonly Output<R>[];
  /** When `tick` is next needed; undefined: not before another input. */
  nextTickMs(): number | undefined;
  /** The first in arrival of what this connection owes an acknowledgement for. */
  oldestUnacknowledged(): R | undefined;
  counts(): { readonly phase: 'running' | 'stopping' | 'stopped'; readonly inFlight: number; readonly waiting: number };
}
