import type { Failure } from '../event-source.ts';
import type { Position } from './checkpoint.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** A record in hand. */
export interface Work<R> {
  readonly record: R;
  readonly position: Position;
  readonly arrivedMs: number;
  /** The records of its key that are on a lane; undefined where there is one lane. */
  readonly group?: KeyGroup<R> | undefined;
}

/** The records of one key on their lane: all those in hand, but for what has ended. */
export interface KeyGroup<R> {
  readonly key: string;
  lane: Lane<R>;
  records: number;
  /** Of these: in flight, or waiting for a retry. As long as there is one, the key keeps to its lane. */
  held: number;
}

/** Records that are invoked together. */
export interface Batch<R> {
  readonly works: readonly Work<R>[];
  /** Retries that consumed the quota of maximumRetryAttempts. */
  readonly retries: number;
  readonly invokeCount: number;
  /** Failures in a row of these very records, which the delays grow by. */
  readonly failures: number;
  readonly failure?: Failure;
  /** It is not invoked before. */
  readonly dueMs: number;
}

/** Fresh records that gather. */
interface Gathering<R> {
  readonly works: Work<R>[];
  readonly sinceMs: number;
  bytes: number;
}

/** One batch at a time, in order; a batch to retry comes before what is fresh. */
export interface Lane<R> {
  /** From 0 to below parallelizationFactor. */
  index: number;
  /** Records on it: that gather, in flight, or waiting for a retry. */
  records: number;
  /** Keys of which it holds nothing: their records may go to another lane. */
  freeKeys: number;
  gathering: Gathering<R>[];
  retrying: Batch<R>[];
  /** Number of the batch in flight. */
  inFlight: number | undefined;
  /** When the last invocation ended. */
  idleSinceMs: number;
}

/** What `{"Records":[]}` takes beside the records. */
const EVENT_ENVELOPE_BYTES = 14;
/** base64 makes four characters of three bytes. */
const BASE64_BYTES = 3;
const BASE64_CHARACTERS = 4;

export const newLane = <R>(index: number): Lane<R> => ({
  index,
  records: 0,
  freeKeys: 0,
  gathering: [],
  retrying: [],
  inFlight: undefined,
  idleSinceMs: Number.NEGATIVE_INFINITY,
});

export const recordsOf = <R>(works: readonly Work<R>[]): readonly R[] => works.map(({ record }) => record);

/** Parts records that have become too old to be invoked with from the others. */
export function splitByAge<R extends MachineRecord>(
  works: readonly Work<R>[],
  maximumRecordAgeMs: number,
  nowMs: number,
): { readonly old: readonly Work<R>[]; readonly works: readonly Work<R>[] } {
  if (maximumRecordAgeMs === Infinity) return { old: [], works };
  const isOld = ({ record }: Work<R>) => nowMs - record.timestampMs > maximumRecordAgeMs;
  const old = works.filter(isOld);
  return { old, works: old.length === 0 ? works : works.filter((work) => !isOld(work)) };
}

/** What a record takes in the invocation's payload, a comma included. */
function eventBytes({ bytes, key }: MachineRecord, recordEnvelopeBytes: number): number {
  return BASE64_CHARACTERS * Math.ceil(bytes / BASE64_BYTES) + Buffer.byteLength(key) + recordEnvelopeBytes + 1;
}

/** Puts a fresh record into the batch that gathers, or begins the next when it does not fit. */
export function gather<R extends MachineRecord>(
  lane: Lane<R>,
  work: Work<R>,
  { batchSize, batchBytesMax, recordEnvelopeBytes }: MachineOptions,
): void {
  const bytes = eventBytes(work.record, recordEnvelopeBytes);
  const last = lane.gathering.at(-1);
  if (last !== undefined && last.works.length < batchSize && last.bytes + bytes <= batchBytesMax) {
    last.works.push(work);
    last.bytes += bytes;
    return;
  }
  lane.gathering.push({ works: [work], sinceMs: work.arrivedMs, bytes: EVENT_ENVELOPE_BYTES + bytes });
}

/**
 * When the lane's next batch may be invoked; undefined when it has none, or has one in flight. A batch that is full, or
 * cannot grow because reading is paused, does not wait for its window. The window begins with its first record, and not
 * before the invocation before it has ended (Lambda developer guide, "Batching behavior").
 */
export function dueMs<R>(lane: Lane<R>, options: MachineOptions, isPaused: boolean): number | undefined {
  if (lane.inFlight !== undefined) return undefined;
  const [retry] = lane.retrying;
  if (retry !== undefined) return retry.dueMs;
  const [first] = lane.gathering;
  if (first === undefined) return undefined;
  const isFull = lane.gathering.length > 1 || first.works.length >= options.batchSize;
  if (isFull || isPaused) return Number.NEGATIVE_INFINITY;
  return Math.max(first.sinceMs, lane.idleSinceMs) + options.windowMs;
}

/** Takes the lane's next batch; to be called when it is due. */
export function takeBatch<R>(lane: Lane<R>): Batch<R> | undefined {
  const retry = lane.retrying.shift();
  if (retry !== undefined) return retry;
  const fresh = lane.gathering.shift();
  return fresh && { works: fresh.works, retries: 0, invokeCount: 0, failures: 0, dueMs: fresh.sinceMs };
}
