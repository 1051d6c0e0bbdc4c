import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import type { DelayBounds } from '../jitter.ts';

/** What the machine needs to know of a record; the shell keeps the rest of it in the same object. */
export interface MachineRecord {
  /** pgmq's msg_id. */
  readonly id: string;
  /** How often the record has been received, this time included (pgmq's read_ct). */
  readonly attempt: number;
  /** Bytes the record takes in the event's JSON. */
  readonly bytes: number;
  /** When the record becomes visible to others, on this process's clock, never later than in the database. */
  readonly visibleUntilMs: number;
  /** True when the filter patterns do not match. */
  readonly filtered: boolean;
}

export interface MachineOptions {
  readonly batchSize: number;
  readonly batchBytesMax: number;
  readonly windowMs: number;
  readonly maximumConcurrency: number;
  /** First attempt included; Infinity for ever. */
  readonly maximumAttempts: number;
  /** The longest that an invocation can take. */
  readonly invocationMs: number;
  readonly retryDelay: DelayBounds;
  /** Records asked for in one read at most. */
  readonly readMax: number;
  /** How long after a read that came short of its count the next one follows, before sleep is tried. */
  readonly lingerMs: number;
  /** Reads after falling asleep, counted from then. */
  readonly rereadDelaysMs: readonly number[];
  /** Between reads while asleep. */
  readonly pollMs: number;
  /** Between reads while the database does not answer. */
  readonly reconnectDelay: DelayBounds;
}

export type Input<R extends MachineRecord> =
  | { readonly type: 'start' }
  /** Answer to `read`. `nextVisibleInMs`: when the earliest hidden record becomes visible; asked for when none came. */
  | { readonly type: 'records'; readonly records: readonly R[]; readonly nextVisibleInMs?: number | undefined }
  | { readonly type: 'readFailed' }
  /** Answer to `arm`: from now on every commit into the queue notifies (or, without a session, none does). */
  | { readonly type: 'armed' }
  | { readonly type: 'woken' }
  | { readonly type: 'settled'; readonly batch: number; readonly failures: BatchFailures }
  | { readonly type: 'tick' }
  | { readonly type: 'stop' }
  /** The drain deadline has passed: what is in flight is not waited for any more. */
  | { readonly type: 'abandon' };

export type Output<R extends MachineRecord> =
  | { readonly type: 'read'; readonly count: number; readonly askNextVisible: boolean }
  | { readonly type: 'arm' }
  | { readonly type: 'disarm' }
  | { readonly type: 'invoke'; readonly batch: number; readonly records: readonly R[] }
  | { readonly type: 'delete'; readonly records: readonly R[]; readonly reason: 'succeeded' | 'filtered' }
  /** Make visible again after a delay. Not `counted`: the attempt is taken back, for it was not the record that failed. */
  | {
      readonly type: 'retry';
      readonly record: R;
      readonly delayMs: number;
      readonly counted: boolean;
      readonly failure: Failure;
    }
  | { readonly type: 'deadLetter'; readonly record: R; readonly failure: Failure }
  /** Make visible again at once, the attempt not counted. */
  | { readonly type: 'giveBack'; readonly records: readonly R[] }
  /** Nothing is in flight and nothing will be asked for any more. `unsettled`: given up on by `abandon`. */
  | { readonly type: 'stopped'; readonly unsettled: readonly R[] };

/** What reading is doing. */
export type Intake =
  /** A read follows as soon as an invocation is free. */
  | { readonly mode: 'awake' }
  | { readonly mode: 'reading'; readonly count: number; readonly asleep?: Sleep; readonly again: boolean }
  | { readonly mode: 'drowsy'; readonly atMs: number }
  /** `again`: woken meanwhile, by a message or by a session that is new and knows nothing of being armed. */
  | { readonly mode: 'arming'; readonly again: boolean }
  | ({ readonly mode: 'asleep'; readonly atMs: number } & Sleep)
  | { readonly mode: 'backoff'; readonly atMs: number }
  | { readonly mode: 'closed' };

export interface Sleep {
  readonly sinceMs: number;
  readonly rereads: number;
}

export interface Waiting<R> {
  readonly record: R;
  readonly arrivedMs: number;
}

export interface MachineState<R extends MachineRecord> {
  readonly phase: 'running' | 'stopping' | 'stopped';
  readonly intake: Intake;
  readonly readFailures: number;
  /** Records not yet invoked, by attempt: a redelivered record is not batched with fresh ones. */
  readonly lanes: ReadonlyMap<number, readonly Waiting<R>[]>;
  readonly inFlight: ReadonlyMap<number, readonly R[]>;
  readonly nextBatch: number;
}

/** All that is not in the state or the input: time and chance. */
export interface Env {
  readonly nowMs: number;
  /** In [0, 1). */
  random(): number;
}

export interface Step<R extends MachineRecord> {
  readonly state: MachineState<R>;
  readonly outputs: readonly Output<R>[];
  /** When `tick` is next needed; undefined: not before another input. */
  readonly tickAtMs: number | undefined;
}
