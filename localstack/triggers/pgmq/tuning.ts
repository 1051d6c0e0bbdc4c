import type { DelayBounds } from '../jitter.ts';
import type { MachineOptions } from './machine-types.ts';
import type { PgmqOptions } from './options.ts';

/** Lambda: an event source mapping invokes with at most 6 MB. */
const INVOCATION_PAYLOAD_MAX_BYTES = 6 * 1024 * 1024;
/** A read's rows are in memory at once; past a thousand a read gains nothing by being larger (see the README's figures). */
const READ_RECORDS_MAX = 1_000;
/**
 * Long enough to gather a few messages of a steady trickle, short enough not to show in the latency. Measured with a live
 * source, 5 ms against 0: 355 messages/s wake it 38 times a second instead of 219, and 4 connections that insert as fast
 * as they can reach 3,050 tx/s instead of 2,390.
 */
const LINGER_MS = 5;
/** A commit takes milliseconds from its look at who sleeps to its visibility, on a loaded disk tens of them. */
const REREAD_DELAYS_MS = [10, 50, 200];
/** Bounds what a lost notification costs. */
const POLL_INTERVAL_MS = 1_000;
/** Back-off while the database is away: quick enough for a restart, slow enough not to be a load. */
export const RECONNECT_DELAY: DelayBounds = { minimumMs: 100, maximumMs: 10_000 };
/** Without a deadline from the caller: serverless-offline's own default function time-out, twice. */
export const DRAIN_DEADLINE_DEFAULT_MS = 12_000;
export const MS_PER_S = 1_000;

/** The machine's view of a trigger's options: milliseconds, and attempts that count the first. */
export function machineOptions(
  options: PgmqOptions,
  functionTimeoutMs: number,
  pollMs = POLL_INTERVAL_MS,
): MachineOptions {
  return {
    batchSize: options.batchSize,
    batchBytesMax: INVOCATION_PAYLOAD_MAX_BYTES,
    windowMs: options.maximumBatchingWindow * MS_PER_S,
    maximumConcurrency: options.maximumConcurrency,
    maximumAttempts: options.maximumRetryAttempts === -1 ? Infinity : options.maximumRetryAttempts + 1,
    invocationMs: functionTimeoutMs,
    retryDelay: { minimumMs: options.retryDelay.minimum * MS_PER_S, maximumMs: options.retryDelay.maximum * MS_PER_S },
    readMax: READ_RECORDS_MAX,
    lingerMs: LINGER_MS,
    rereadDelaysMs: REREAD_DELAYS_MS,
    pollMs,
    reconnectDelay: RECONNECT_DELAY,
  };
}
