import type { Failure, InvokeFunction } from '../event-source.ts';
import { failureOf } from '../failure.ts';
import { INVOCATION_GRACE_MS, InvocationTimeoutError, invokeWithin } from '../invoke-within.ts';
import type { SourceContext } from '../source-context.ts';

/** What a log line says of the message: never its topic, which may name a patient. */
export interface InvokedMessage {
  readonly messageId: string;
  readonly attempt: number;
}

/**
 * Invokes the function with one event; resolves with why it failed, or with undefined. Always settles, shortly after the
 * function's time-out at the latest.
 */
export async function invokeOnce(
  invoke: InvokeFunction,
  event: unknown,
  timeoutMs: number,
  message: InvokedMessage,
  { clock, emit, logger, fields }: SourceContext,
): Promise<Failure | undefined> {
  const startedMs = clock.nowMs();
  let thrown: unknown;
  let failure: Failure | undefined;
  try {
    await invokeWithin(invoke, event, timeoutMs, clock, INVOCATION_GRACE_MS);
  } catch (error) {
    thrown = error;
    failure = failureOf(error);
  }
  const durationMs = clock.nowMs() - startedMs;
  const timedOut = thrown instanceof InvocationTimeoutError;
  const outcome = timedOut ? 'timedOut' : failure === undefined ? 'succeeded' : 'failed';
  emit({ type: 'batchInvoked', records: 1, durationMs, outcome });
  if (failure !== undefined) logger.warn('invocation failed', { ...fields, ...message, outcome, failure });
  return failure;
}
