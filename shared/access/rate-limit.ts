/** A caller that waited this long may send as much at once: a page of the station is some twenty requests. */
const BURST_S = 5;
/** Callers that are remembered; whoever was longest away is forgotten, and begins with a full bucket. */
const CALLERS_MAX = 10_000;
const MS_A_SECOND = 1_000;

interface Bucket {
  left: number;
  atMs: number;
}

export interface RateLimit {
  /** Takes one request of this caller. @returns seconds to wait until there is room for the next; 0: it was taken */
  take(caller: string): number;
}

/** A token bucket a caller, in this process: it holds five seconds' worth and fills at this rate. */
export function rateLimit(perSecond: number, now: () => number = () => performance.now()): RateLimit {
  const full = perSecond * BURST_S;
  const buckets = new Map<string, Bucket>();
  return {
    take(caller) {
      const nowMs = now();
      const before = buckets.get(caller) ?? { left: full, atMs: nowMs };
      const left = Math.min(full, before.left + ((nowMs - before.atMs) / MS_A_SECOND) * perSecond);
      const taken = left >= 1;
      // Last used, last in the map's order.
      buckets.delete(caller);
      buckets.set(caller, { left: taken ? left - 1 : left, atMs: nowMs });
      const [oldest] = buckets.keys();
      if (buckets.size > CALLERS_MAX && oldest !== undefined) buckets.delete(oldest);
      return taken ? 0 : Math.max(1, Math.ceil((1 - left) / perSecond));
    },
  };
}
