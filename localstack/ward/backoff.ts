export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** A server that restarts is back within a second or two; half a minute keeps a ward of 12 beds below one attempt in 2 s. */
export const DEFAULT_BACKOFF: Backoff = { firstMs: 250, mostMs: 30_000 };
/** A server that asks for more is asked again after this: an alert should not wait for a figure that may be a mistake. */
export const MOST_RETRY_AFTER_MS = 300_000;
const MOST_DOUBLINGS = 30;

/**
 * How long to wait before attempt number `attempt` + 1 (`attempt` from 1): exponential, the upper half of it at random, so that beds
 * that failed together do not come back together; never sooner than the server asked (Retry-After, RFC 9110, section 10.2.3).
 */
export function backoffMs(attempt: number, backoff: Backoff, random: () => number, retryAfterMs = 0): number {
  const fullMs = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(attempt - 1, MOST_DOUBLINGS));
  const jitteredMs = fullMs / 2 + (random() * fullMs) / 2;
  return Math.max(jitteredMs, Math.min(retryAfterMs, MOST_RETRY_AFTER_MS));
}

/** Retry-After in milliseconds from now: whole seconds or an HTTP date; undefined when it is neither. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
