import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import type { Batch, Work } from './batching.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** What follows from an invocation: records that are done, and batches to retry in order, or records to give up on. */
export interface Judgement<R> {
  readonly done: readonly Work<R>[];
  readonly retry: readonly Batch<R>[];
  readonly exhausted: readonly Work<R>[];
  /** Given up on at once, each for its own reason. */
  readonly refused: readonly { readonly work: Work<R>; readonly failure: Failure }[];
  readonly failure?: Failure;
}

type Rules = Pick<MachineOptions, 'maximumRetryAttempts' | 'bisectBatchOnFunctionError'>;

interface FirstFailed<R> {
  /** Where the batch failed first, those that are refused aside; its length when it did not. */
  readonly at: number;
  readonly failure?: Failure;
  /** Before that place. */
  readonly refused: Judgement<R>['refused'];
}

function firstFailed<R extends MachineRecord>(works: readonly Work<R>[], failures: BatchFailures): FirstFailed<R> {
  if (failures.type === 'all') return { at: 0, failure: failures.failure, refused: [] };
  if (failures.failures.size === 0) return { at: works.length, refused: [] };
  const refused: { work: Work<R>; failure: Failure }[] = [];
  for (const [at, work] of works.entries()) {
    const failure = failures.failures.get(String(work.record.offset));
    if (failure === undefined) continue;
    if (failure.permanent !== true) return { at, failure, refused };
    refused.push({ work, failure });
  }
  // Listed, but none of this batch: an unknown itemIdentifier fails the batch.
  const [unknown] = failures.failures.values();
  if (unknown !== undefined && refused.length === 0) return { at: 0, failure: unknown, refused };
  return { at: works.length, refused };
}

/**
 * Judges an invocation as Lambda does for Kinesis.
 *
 * The lowest failing sequence number is the batch's checkpoint: what is below it is done, it and all after it are
 * retried. With bisect, a batch that failed at its first record or as a whole is split in two, down to one record; one
 * that failed further on is split at that record. A split consumes no retry; every other failure consumes one, and
 * without any left all that is not done is given up on. A failure that is not the function's (`retriable`, as throttling
 * is) consumes none and splits nothing. Not AWS's: a record that is listed as failed for good (`permanent`) is given up on
 * at once and alone; what fails before it comes first all the same.
 * Source: Lambda developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda" and "Retain
 * discarded batch records for a Kinesis Data Streams event source".
 */
export function judge<R extends MachineRecord>(batch: Batch<R>, failures: BatchFailures, rules: Rules): Judgement<R> {
  const { works, retries } = batch;
  const { at, failure, refused } = firstFailed(works, failures);
  if (failure === undefined && refused.length === 0) return { done: works, retry: [], exhausted: [], refused };
  const isRefused = new Set(refused.map(({ work }) => work));
  const done = works.slice(0, at).filter((work) => !isRefused.has(work));
  if (failure === undefined) return { done, retry: [], exhausted: [], refused };
  const rest = works.slice(at);
  const isSplit = rules.bisectBatchOnFunctionError && failure.retriable !== true;
  // The delay grows with the failures of the same records; fewer records are another batch.
  const fewer = { ...batch, failures: 1, failure };
  if (isSplit && at > 0) return { done, retry: [{ ...fewer, works: rest }], exhausted: [], refused, failure };
  if (isSplit && rest.length > 1) {
    const middle = Math.ceil(rest.length / 2);
    const halves = [rest.slice(0, middle), rest.slice(middle)].map((half) => ({ ...fewer, works: half }));
    return { done, retry: halves, exhausted: [], refused, failure };
  }
  if (failure.retriable !== true && retries >= rules.maximumRetryAttempts) {
    return { done, retry: [], exhausted: rest, refused, failure };
  }
  const again: Batch<R> = {
    ...batch,
    works: rest,
    retries: failure.retriable === true ? retries : retries + 1,
    failures: at > 0 ? 1 : batch.failures + 1,
    failure,
  };
  return { done, retry: [again], exhausted: [], refused, failure };
}
