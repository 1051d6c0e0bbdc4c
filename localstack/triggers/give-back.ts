import { AsyncLocalStorage } from 'node:async_hooks';
import { systemClock } from './clock.ts';
import type { InvokeFunction } from './event-source.ts';

/** A handler writes a row or two to give its work back; of a short deadline half is left for that. */
const GIVE_BACK_MS = 1_000;
const SHARE_OF_SHORT_DEADLINE = 0.5;

const current = new AsyncLocalStorage<AbortSignal>();

/**
 * For handlers: aborted shortly before the deadline at which a host that stops waits for this invocation no longer. Whoever has
 * not ended by then cuts its work short and throws a retriable error; its records come again at once, elsewhere.
 * Undefined where nobody says so, as on Lambda, which ends no invocation before its time-out.
 */
export function giveBackSignal(): AbortSignal | undefined {
  return current.getStore();
}

/** What a host of event sources tells the handlers that it invokes. */
export interface GivingBack {
  /** Invokes as before; the handler sees the signal, whatever it is called through in this process. */
  of(invoke: InvokeFunction): InvokeFunction;
  /** The host stops: `giveBackSignal` is aborted in time before the deadline. Cancelled by what it returns. */
  before(deadlineMs: number): () => void;
}

export function givingBack(): GivingBack {
  const controller = new AbortController();
  return {
    of: (invoke) => (event, limits) => current.run(controller.signal, () => invoke(event, limits)),
    before(deadlineMs) {
      const reserveMs = Math.min(GIVE_BACK_MS, deadlineMs * SHARE_OF_SHORT_DEADLINE);
      return systemClock.after(deadlineMs - reserveMs, () => controller.abort());
    },
  };
}
