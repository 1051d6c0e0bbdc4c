/** Bounds of a delay, milliseconds. */
export interface DelayBounds {
  readonly minimumMs: number;
  readonly maximumMs: number;
}

/** 2^30 ms is 12 days: past any bound, and still an exact integer. */
const EXPONENT_MAX = 30;

/**
 * Exponential back-off with full jitter: uniform between the minimum and minimum × 2^attempt, capped by the maximum.
 * `attempt` counts from 1; `random` is in [0, 1). Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function fullJitterMs(attempt: number, { minimumMs, maximumMs }: DelayBounds, random: number): number {
  const ceilingMs = Math.min(maximumMs, minimumMs * 2 ** Math.min(attempt, EXPONENT_MAX));
  return Math.round(minimumMs + random * Math.max(0, ceilingMs - minimumMs));
}
