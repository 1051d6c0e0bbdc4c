import { type BatchFailures, NOTHING_FAILED, readBatchResponse } from './batch-response.ts';
import type { InvocationOutcome, InvokeFunction } from './event-source.ts';
import { failureOf } from './failure.ts';
import { INVOCATION_GRACE_MS, InvocationTimeoutError, invokeWithin } from './invoke-within.ts';
import type { SourceContext } from './source-context.ts';

export interface InvocationLimits {
  /** The function's time-out. */
  readonly timeoutMs: number;
  /** Whether the response says which records failed (functionResponseType). */
  readonly reportBatchItemFailures: boolean;
}

function outcomeOf(failures: BatchFailures, thrown: unknown): InvocationOutcome {
  if (thrown instanceof InvocationTimeoutError) return 'timedOut';
  if (failures.type === 'all') return 'failed';
  return failures.failures.size > 0 ? 'partial' : 'succeeded';
}

/**
 * Invokes the function with a batch and resolves with which of its records failed; never rejects, and always settles,
 * shortly after the function's time-out at the latest. Emits `batchInvoked`, warns of what failed.
 * @param ids the item identifiers of the batch, one a record.
 */
export async function invokeBatch(
  invoke: InvokeFunction,
  event: unknown,
  ids: ReadonlySet<string>,
  { timeoutMs, reportBatchItemFailures }: InvocationLimits,
  { clock, emit, logger, fields }: SourceContext,
): Promise<BatchFailures> {
  const startedMs = clock.nowMs();
  let failures: BatchFailures = NOTHING_FAILED;
  let thrown: unknown;
  try {
    const response = await invokeWithin(invoke, event, timeoutMs, clock, INVOCATION_GRACE_MS);
    if (reportBatchItemFailures) failures = readBatchResponse(response, ids);
  } catch (error) {
    thrown = error;
    failures = { type: 'all', failure: failureOf(error) };
  }
  const durationMs = clock.nowMs() - startedMs;
  const outcome = outcomeOf(failures, thrown);
  emit({ type: 'batchInvoked', records: ids.size, durationMs, outcome });
  if (failures.type === 'all') {
    logger.warn('batch failed', { ...fields, records: ids.size, outcome, failure: failures.failure });
  } else if (failures.failures.size > 0) {
    logger.warn('records of a batch failed', { ...fields, records: ids.size, failed: failures.failures.size });
  }
  return failures;
}
