import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import type { DelayBounds } from '../jitter.ts';

/** What the machine needs to know of a record; the shell keeps the rest of it in the same object. */
export interface MachineRecord {
  /** Position in the partition; later records have larger ones, not always the next. */
  readonly offset: bigint;
  /** Kinesis' partition key: records of one key are processed in order. */
  readonly key: string;
  /** Of the data, before it is base64. */
  readonly bytes: number;
  /** When it was written to the stream, on this process's clock. */
  readonly timestampMs: number;
  /** True when the filter patterns do not match. */
  readonly filtered: boolean;
  /** True when later records of its key may be invoked with while it waits for a retry. Where each key has a lane. */
  readonly passable: boolean;
  /** True when the data is no message: it is never invoked with, its bytes go to the dead letters. */
  readonly undecodable: boolean;
}

export interface MachineOptions {
  readonly batchSize: number;
  /** Of an invocation's payload, with the data as base64. */
  readonly batchBytesMax: number;
  /** What a record takes in the payload beside its data and its key. */
  readonly recordEnvelopeBytes: number;
  readonly windowMs: number;
  /** Lanes: Kinesis' concurrent batches a shard. */
  readonly parallelizationFactor: number;
  /** Each key has a lane of its own, of which so many are invoked at once; else the keys share that many. */
  readonly laneOfEachKey: boolean;
  /** First attempt excluded; Infinity for ever. */
  readonly maximumRetryAttempts: number;
  /** Infinity: records do not grow too old. */
  readonly maximumRecordAgeMs: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** Records given up on are sent to the failure destination; else they are only reported. */
  readonly onFailure: boolean;
  /** The same of undecodable records. */
  readonly onUndecodable: boolean;
  readonly retryDelay: DelayBounds;
  /** The checkpoint is stored once it has moved by as many records, or once it has moved and so much time has passed. */
  readonly checkpointRecords: number;
  readonly checkpointIntervalMs: number;
  /** Each invocation says where the checkpoint will be once it has succeeded, for a handler that stores it itself. */
  readonly announceCheckpoint: boolean;
  /** Records and bytes at which reading pauses, counted from the checkpoint on; it resumes at half. */
  readonly recordsInHandMax: number;
  readonly bytesInHandMax: number;
}

export type Input<R extends MachineRecord> =
  /** This worker is the partition's active consumer, and reads from this offset; what comes below it is ignored. */
  | { readonly type: 'activated'; readonly fromOffset?: bigint | undefined }
  /** The partition is to move: as `stop`, for this activation alone; answered by `released`. */
  | { readonly type: 'release' }
  /** The partition has moved, or the connection is gone; a release is not waited for any more. */
  | { readonly type: 'deactivated' }
  | { readonly type: 'records'; readonly records: readonly R[] }
  /**
   * `failures`: `all` when the function threw or timed out, or answered with what is no batch response; `listed` by
   * sequence number, the offset in digits. Without ReportBatchItemFailures an answer is a success, whatever it says.
   */
  | { readonly type: 'settled'; readonly batch: number; readonly failures: BatchFailures }
  /** Answers to `sendToDestination`. */
  | { readonly type: 'sent'; readonly send: number }
  | { readonly type: 'sendFailed'; readonly send: number }
  /** Answers to `storeCheckpoint`. */
  | { readonly type: 'checkpointStored'; readonly store: number }
  | { readonly type: 'checkpointFailed'; readonly store: number }
  | { readonly type: 'tick' }
  | { readonly type: 'stop' }
  /** The drain deadline has passed: invocations and sends are not waited for; said again, nor is the checkpoint. */
  | { readonly type: 'abandon' };

/**
 * Why a record was given up on; the first two as AWS names them in `requestContext.condition`. Refused: the handler listed
 * it with an error that no retry can mend.
 */
export type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'Undecodable' | 'Refused';

export interface Discard<R> {
  readonly records: readonly R[];
  readonly condition: Condition;
  /** Invocations that these records were part of; AWS's `approximateInvokeCount`. */
  readonly invokeCount: number;
  /** Of the last invocation. */
  readonly failure?: Failure | undefined;
}

export type Output<R extends MachineRecord> =
  | {
      readonly type: 'invoke';
      readonly batch: number;
      readonly lane: number;
      readonly records: readonly R[];
      /** Invocations of these records, this one included. */
      readonly attempt: number;
      /** Where the checkpoint is once these are done; absent when something before them is not. */
      readonly checkpoint?: bigint;
    }
  /** Says that these records are invoked again; the machine itself waits. Two of them when the batch was split. */
  | {
      readonly type: 'retry';
      readonly records: readonly R[];
      readonly attempt: number;
      readonly delayMs: number;
      readonly failure: Failure;
    }
  /** To be confirmed by `sent`; after `sendFailed` it is asked for again under another number. */
  | ({ readonly type: 'sendToDestination'; readonly send: number } & Discard<R>)
  /** These are given up on for good: confirmed by the destination, or there is none. */
  | ({ readonly type: 'discarded' } & Discard<R>)
  | { readonly type: 'filtered'; readonly records: number }
  /** `offset`: where reading has to start after a restart; all below it is done. Never 0. */
  | { readonly type: 'storeCheckpoint'; readonly store: number; readonly offset: bigint }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Ends a `release`: nothing is in flight, and the checkpoint is stored, or it is waited for no longer. */
  | { readonly type: 'released' }
  /** After `stop`: nothing is in flight, and the checkpoint is stored. */
  | { readonly type: 'finished' };

export interface Machine<R extends MachineRecord> {
  step(input: Input<R>, nowMs: number): readonly Output<R>[];
  /** When `tick` is next needed; undefined: not before another input. */
  nextTickMs(): number | undefined;
  counts(): {
    readonly phase: 'running' | 'releasing' | 'stopping' | 'finished';
    readonly active: boolean;
    /** Invocations under way, those of an earlier activation included. */
    readonly inFlight: number;
    /** Records from the checkpoint on. */
    readonly inHand: number;
  };
}
