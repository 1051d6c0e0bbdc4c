import { type BatchFailures, NOTHING_FAILED, readBatchResponse } from '../batch-response.ts';
import type { InvocationOutcome, InvokeFunction } from '../event-source.ts';
import { failureOf } from '../failure.ts';
import type { SourceContext } from '../source-context.ts';
import type { QueueRecord } from './event.ts';
import { TIMEOUT_GRACE_MS } from './tuning.ts';

export interface InvocationLimits {
  readonly timeoutMs: number;
  readonly reportBatchItemFailures: boolean;
}

class InvocationTimeoutError extends Error {
  readonly code = 'InvocationTimedOut';
  constructor(timeoutMs: number) {
    super(`the function did not answer within its time-out of ${timeoutMs} ms`);
    this.name = 'InvocationTimedOut';
  }
}

function outcomeOf(failures: BatchFailures, thrown: unknown): InvocationOutcome {
  if (thrown instanceof InvocationTimeoutError) return 'timedOut';
  if (failures.type === 'all') return 'failed';
  return failures.failures.size > 0 ? 'partial' : 'succeeded';
}

/**
 * Invokes the function with a batch; always settles, shortly after the function's time-out at the latest: a handler that
 * hangs in this process cannot be ended, but it does not keep its place among the concurrent invocations.
 */
export async function invokeBatch(
  invoke: InvokeFunction,
  records: readonly QueueRecord[],
  { timeoutMs, reportBatchItemFailures }: InvocationLimits,
  { clock, emit, logger, fields }: SourceContext,
): Promise<BatchFailures> {
  const startedMs = clock.nowMs();
  let cancel: () => void = () => undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(timeoutMs + TIMEOUT_GRACE_MS, () => reject(new InvocationTimeoutError(timeoutMs)));
  });
  let failures: BatchFailures = NOTHING_FAILED;
  let thrown: unknown;
  try {
    const event = { Records: records.map((record) => record.event) };
    const response = await Promise.race([invoke(event, { timeoutMs }), timeout]);
    if (reportBatchItemFailures) failures = readBatchResponse(response, new Set(records.map((record) => record.id)));
  } catch (error) {
    thrown = error;
    failures = { type: 'all', failure: failureOf(error) };
  } finally {
    cancel();
  }
  const durationMs = clock.nowMs() - startedMs;
  const outcome = outcomeOf(failures, thrown);
  emit({ type: 'batchInvoked', records: records.length, durationMs, outcome });
  if (failures.type === 'all') {
    logger.warn('batch failed', { ...fields, records: records.length, outcome, failure: failures.failure });
  } else if (failures.failures.size > 0) {
    logger.warn('records of a batch failed', { ...fields, records: records.length, failed: failures.failures.size });
  }
  return failures;
}
