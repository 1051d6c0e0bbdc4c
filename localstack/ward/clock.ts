import { setTimeout as delay } from 'node:timers/promises';

/** Time as the ward uses it; handed in, so that a test can run it by hand. */
export interface Clock {
  /** Milliseconds since 1970, for time stamps. */
  wallMs(): number;
  /** Milliseconds since some moment, never going back, for pacing. */
  monotonicMs(): number;
  /** Waits so long, or until the signal aborts; does not reject then. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

/** The longest delay that a Node.js timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(durationMs, signal) {
    try {
      await delay(Math.min(durationMs, LONGEST_TIMER_MS), undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
