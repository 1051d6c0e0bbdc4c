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
/** What is repeated after a crash stays a matter of a second at most. */
const CHECKPOINT_RECORDS = 1_000;
const CHECKPOINT_INTERVAL_MS = 1_000;

const unlimited = (value: number) => (value === -1 ? Infinity : value);

/** The machine's view of a trigger's options: milliseconds, and Infinity for -1. */
export function machineOptions(options: RabbitmqStreamOptions): MachineOptions {
  const { batchSize, parallelizationFactor, retryDelay, onFailure } = options;
  const batchesInHand = BATCHES_IN_HAND * parallelizationFactor;
  return {
    batchSize,
    batchBytesMax: PAYLOAD_MAX_BYTES,
    recordEnvelopeBytes: RECORD_ENVELOPE_BYTES + 2 * (options.superStream ?? options.stream ?? '').length,
    windowMs: options.maximumBatchingWindow * MS_PER_S,
    parallelizationFactor,
    maximumRetryAttempts: unlimited(options.maximumRetryAttempts),
    maximumRecordAgeMs: unlimited(options.maximumRecordAgeInSeconds) * MS_PER_S,
    bisectBatchOnFunctionError: options.bisectBatchOnFunctionError,
    onFailure: onFailure !== undefined,
    onUndecodable: onFailure !== undefined,
    retryDelay: { minimumMs: retryDelay.minimum * MS_PER_S, maximumMs: retryDelay.maximum * MS_PER_S },
    checkpointRecords: CHECKPOINT_RECORDS,
    checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
    recordsInHandMax: Math.max(RECORDS_IN_HAND_MIN, batchesInHand * batchSize),
    bytesInHandMax: batchesInHand * PAYLOAD_MAX_BYTES,
  };
}
