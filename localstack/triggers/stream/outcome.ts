import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import type { Batch, Work } from './batching.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** What follows from an invocation: records that are done, and batches to retry in order, or records to give up on. */
export interface Judgement<R> {
  readonly done: readonly Work<R>[];
  readonly retry: readonly Batch<R>[];
  readonly exhausted: readonly Work<R>[];
  readonly failure?: Failure;
}

type Rules = Pick<MachineOptions, 'maximumRetryAttempts' | 'bisectBatchOnFunctionError'>;

/** Where the batch failed first, and why; undefined when it succeeded. */
function firstFailed<R extends MachineRecord>(
  works: readonly Work<R>[],
  failures: BatchFailures,
): { readonly at: number; readonly failure: Failure } | undefined {
  if (failures.type === 'all') return { at: 0, failure: failures.failure };
  for (const [at, { record }] of works.entries()) {
    const failure = failures.failures.get(String(record.offset));
    if (failure !== undefined) return { at, failure };
  }
  // Listed, but none of this batch: an unknown itemIdentifier fails the batch.
  const [unknown] = failures.failures.values();
  return unknown && { at: 0, failure: unknown };
}

/**
 * Judges an invocation as Lambda does for Kinesis.
 *
 * The lowest failing sequence number is the batch's checkpoint: what is below it is done, it and all after it are
 * retried. With bisect, a batch that failed at its first record or as a whole is split in two, down to one record; one
 * that failed further on is split at that record. A split consumes no retry; every other failure consumes one, and
 * without any left all that is not done is given up on. A failure that is not the function's (`retriable`, as throttling
 * is) consumes none and splits nothing.
 * Source: Lambda developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda" and "Retain
 * discarded batch records for a Kinesis Data Streams event source".
 */
export function judge<R extends MachineRecord>(batch: Batch<R>, failures: BatchFailures, rules: Rules): Judgement<R> {
  const { works, retries } = batch;
  const failed = firstFailed(works, failures);
  if (failed === undefined) return { done: works, retry: [], exhausted: [] };
  const { at, failure } = failed;
  const done = works.slice(0, at);
  const rest = works.slice(at);
  const isSplit = rules.bisectBatchOnFunctionError && failure.retriable !== true;
  // The delay grows with the failures of the same records; fewer records are another batch.
  const fewer = { ...batch, failures: 1, failure };
  if (isSplit && at > 0) return { done, retry: [{ ...fewer, works: rest }], exhausted: [], failure };
  if (isSplit && rest.length > 1) {
    const middle = Math.ceil(rest.length / 2);
    const halves = [rest.slice(0, middle), rest.slice(middle)].map((half) => ({ ...fewer, works: half }));
    return { done, retry: halves, exhausted: [], failure };
  }
  if (failure.retriable !== true && retries >= rules.maximumRetryAttempts) {
    return { done, retry: [], exhausted: rest, failure };
  }
  const again: Batch<R> = {
    ...batch,
    works: rest,
    retries: failure.retriable === true ? retries : retries + 1,
    failures: at > 0 ? 1 : batch.failures + 1,
    failure,
  };
  return { done, retry: [again], exhausted: [], failure };
}
