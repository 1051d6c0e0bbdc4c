/** Time as an event source sees it; monotonic, so that a corrected wall clock neither stalls nor rushes it. */
export interface Clock {
  /** Milliseconds since an arbitrary start. */
  nowMs(): number;
  /** Calls back once after the delay; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
}

/** setTimeout fires at once past this (2^31 − 1). */
const TIMER_DELAY_MAX_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, Math.ceil(delayMs)), TIMER_DELAY_MAX_MS));
    return () => clearTimeout(timer);
  },
};
