import type { Failure } from '../event-source.ts';
import type { Position } from './checkpoint.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** A record in hand. */
export interface Work<R> {
  readonly record: R;
  readonly position: Position;
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

/** Kinesis' virtual shard: one batch at a time, in order; a batch to retry comes before what is fresh. */
export interface Lane<R> {
  readonly index: number;
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
/** FNV-1a, 32 bits: offset basis and prime. */
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export const newLane = <R>(index: number): Lane<R> => ({
  index,
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
  const isOld = ({ record }: Work<R>) => nowMs - record.timestampMs > maximumRecordAgeMs;
  const old = works.filter(isOld);
  return { old, works: old.length === 0 ? works : works.filter((work) => !isOld(work)) };
}

/** The lane of a key: always the same one. Lambda hashes the partition key to one of parallelizationFactor lanes. */
export function laneOfKey(key: string, lanes: number): number {
  let hash = FNV_BASIS;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), FNV_PRIME);
  // The low bits of FNV alone depend on the low bits of the characters alone.
  return ((hash ^ (hash >>> 16)) >>> 0) % lanes;
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
  nowMs: number,
): void {
  const bytes = eventBytes(work.record, recordEnvelopeBytes);
  const last = lane.gathering.at(-1);
  if (last !== undefined && last.works.length < batchSize && last.bytes + bytes <= batchBytesMax) {
    last.works.push(work);
    last.bytes += bytes;
    return;
  }
  lane.gathering.push({ works: [work], sinceMs: nowMs, bytes: EVENT_ENVELOPE_BYTES + bytes });
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
