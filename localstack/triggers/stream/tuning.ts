import type { DelayBounds } from '../jitter.ts';
import type { MachineOptions } from './machine-types.ts';
import type { RabbitmqStreamOptions } from './options.ts';

const MS_PER_S = 1_000;
/** Lambda: the payload of a synchronous invocation, 6 MB. */
const PAYLOAD_MAX_BYTES = 6 * 1024 * 1024;
/** A Kinesis record's JSON beside data, key and the stream's name was counted at 436 bytes; the name is in it twice. */
const RECORD_ENVELOPE_BYTES = 512;
/** Enough to hide the way to the broker at small batches: chunks of RabbitMQ hold some hundreds of records. */
const RECORDS_IN_HAND_MIN = 2_000;
/** A batch in flight and one that gathers, for each lane. */
const BATCHES_IN_HAND = 2;
/** As much as ten lanes hold; a thousand would be gigabytes. */
const BYTES_IN_HAND_MAX = 10 * BATCHES_IN_HAND * PAYLOAD_MAX_BYTES;
/** What is repeated after a crash stays a matter of a second at most. */
const CHECKPOINT_RECORDS = 10_000;
const CHECKPOINT_INTERVAL_MS = 1_000;

/** Without a deadline from the caller: serverless-offline's own default function time-out, twice. */
export const DRAIN_DEADLINE_DEFAULT_MS = 12_000;
/** How long the start waits for the first try; the plugin speaks of sources that are still starting after 3 s. */
export const START_WAIT_MS = 2_000;
/** As often as Prometheus is looked at here; a request for each active partition. */
export const LAG_INTERVAL_MS = 1_000;

/** Times of a connection and of a partition; tests shorten them. */
export interface StreamTuning {
  /** A peer that is silent for 2 to 2.5 times this is taken for dead. */
  readonly heartbeatS: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long the broker, or the stream in it, may take to come up beside this process without a warning. */
  readonly startGraceMs: number;
  readonly reconnectDelay: DelayBounds;
  /** The back-off starts anew only after a connection that lasted this long. */
  readonly stableMs: number;
  /** How long an activation may take to get its checkpoint; then the connection ends, and another worker may have it. */
  readonly takeOverDeadlineMs: number;
  readonly takeOverDelay: DelayBounds;
  /** How often a super stream is asked for its partitions. */
  readonly partitionsIntervalMs: number;
  /** How long a partition's next owner waits for what is in flight here. */
  readonly releaseDeadlineMs: number;
  /** At a stop, past its deadline: for the answer to the last store of the checkpoint. */
  readonly storeGraceMs: number;
  /** At a stop, after that: for the broker's goodbye. */
  readonly goodbyeMs: number;
}

export const DEFAULT_TUNING: StreamTuning = {
  heartbeatS: 10,
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  // RabbitMQ was measured at 3 s to 8 s; its streams are declared after that.
  startGraceMs: 20_000,
  reconnectDelay: { minimumMs: 100, maximumMs: 5_000 },
  stableMs: 3_000,
  // The broker waits 60 s for the answer to a handover, the client 30 s.
  takeOverDeadlineMs: 20_000,
  takeOverDelay: { minimumMs: 100, maximumMs: 2_000 },
  partitionsIntervalMs: 30_000,
  releaseDeadlineMs: 25_000,
  // Together below what the plugin gives its sources past the deadline.
  storeGraceMs: 1_000,
  goodbyeMs: 1_000,
};

const unlimited = (value: number) => (value === -1 ? Infinity : value);

/**
 * The machine's view of a trigger's options: milliseconds, and Infinity for -1. `undecodableElsewhere`: what is no message
 * has a destination even where there is no onFailure.
 */
export function machineOptions(options: RabbitmqStreamOptions, undecodableElsewhere = false): MachineOptions {
  const { batchSize, maximumConcurrency, retryDelay, onFailure } = options;
  const parallelizationFactor = maximumConcurrency ?? options.parallelizationFactor;
  const batchesInHand = BATCHES_IN_HAND * parallelizationFactor;
  return {
    batchSize,
    batchBytesMax: PAYLOAD_MAX_BYTES,
    recordEnvelopeBytes: RECORD_ENVELOPE_BYTES + 2 * (options.superStream ?? options.stream ?? '').length,
    windowMs: options.maximumBatchingWindow * MS_PER_S,
    parallelizationFactor,
    laneOfEachKey: maximumConcurrency !== undefined,
    maximumRetryAttempts: unlimited(options.maximumRetryAttempts),
    maximumRecordAgeMs: unlimited(options.maximumRecordAgeInSeconds) * MS_PER_S,
    bisectBatchOnFunctionError: options.bisectBatchOnFunctionError,
    onFailure: onFailure !== undefined,
    onUndecodable: onFailure !== undefined || undecodableElsewhere,
    retryDelay: { minimumMs: retryDelay.minimum * MS_PER_S, maximumMs: retryDelay.maximum * MS_PER_S },
    checkpointRecords: CHECKPOINT_RECORDS,
    checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
    announceCheckpoint: options.checkpoint !== 'broker',
    recordsInHandMax: Math.max(RECORDS_IN_HAND_MIN, batchesInHand * batchSize),
    bytesInHandMax: Math.min(BYTES_IN_HAND_MAX, batchesInHand * PAYLOAD_MAX_BYTES),
  };
}
