import type { Failure, InvokeFunction } from '../event-source.ts';
import { failureOf } from '../failure.ts';
import type { SourceContext } from '../source-context.ts';
import { TIMEOUT_GRACE_MS } from './tuning.ts';

/** What a log line says of the message: never its topic, which may name a patient. */
export interface InvokedMessage {
  readonly messageId: string;
  readonly attempt: number;
}

/**
 * Invokes the function with one event; resolves with why it failed, or with undefined. Always settles, shortly after the
 * function's time-out at the latest: a handler that hangs in this process cannot be ended, but it does not keep its
 * place among the concurrent invocations.
 */
export async function invokeOnce(
  invoke: InvokeFunction,
  event: unknown,
  timeoutMs: number,
  message: InvokedMessage,
  { clock, emit, logger, fields }: SourceContext,
): Promise<Failure | undefined> {
  const startedMs = clock.nowMs();
  let timedOut = false;
  let cancel: () => void = () => undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(timeoutMs + TIMEOUT_GRACE_MS, () => {
      timedOut = true;
      const problem = new Error(`the function did not answer within its time-out of ${timeoutMs} ms`);
      reject(Object.assign(problem, { name: 'InvocationTimedOut', code: 'InvocationTimedOut' }));
    });
  });
  let failure: Failure | undefined;
  try {
    await Promise.race([invoke(event, { timeoutMs }), timeout]);
  } catch (error) {
    failure = failureOf(error);
  } finally {
    cancel();
  }
  const durationMs = clock.nowMs() - startedMs;
  const outcome = timedOut ? 'timedOut' : failure === undefined ? 'succeeded' : 'failed';
  emit({ type: 'batchInvoked', records: 1, durationMs, outcome });
  if (failure !== undefined) logger.warn('invocation failed', { ...fields, ...message, outcome, failure });
  return failure;
}
