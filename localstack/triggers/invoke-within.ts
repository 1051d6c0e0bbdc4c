import type { Clock } from './clock.ts';
import type { InvokeFunction } from './event-source.ts';

/** What the function's own time-out gets to answer first, before the source calls the invocation off. */
export const INVOCATION_GRACE_MS = 250;

/** No answer within the function's time-out; told from an error of the handler's own by its class. */
export class InvocationTimeoutError extends Error {
  readonly code = 'InvocationTimedOut';
  constructor(timeoutMs: number) {
    super(`the function did not answer within its time-out of ${timeoutMs} ms`);
    this.name = 'InvocationTimedOut';
  }
}

/**
 * Invokes the function with one event and resolves with its response. Always settles, `graceMs` after the function's
 * time-out at the latest: a handler that hangs in this process cannot be ended, but it does not keep its place among the
 * concurrent invocations.
 * @throws InvocationTimeoutError without an answer by then; else what the handler threw.
 */
export async function invokeWithin(
  invoke: InvokeFunction,
  event: unknown,
  timeoutMs: number,
  clock: Clock,
  graceMs: number,
): Promise<unknown> {
  let cancel: () => void = () => undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(timeoutMs + graceMs, () => reject(new InvocationTimeoutError(timeoutMs)));
  });
  try {
    return await Promise.race([invoke(event, { timeoutMs }), timeout]);
  } finally {
    cancel();
  }
}
