/** A fault as it took place, on the clock of the effects. */
export interface AppliedFault {
  readonly number: number;
  readonly fromMs: number;
  /** Its cause was gone: the service back, the link whole. Equal to `fromMs` for a blow. */
  readonly untilMs: number;
  /** The next fault began, or the load ended: what comes after says nothing of this one. */
  readonly calmUntilMs: number;
}

export interface Recovery {
  readonly number: number;
  /**
   * From the end of the fault until throughput was back, and stayed. `not`: not within the calm phase; `too short`: the calm
   * phase had no room to tell.
   */
  readonly outcome: { readonly seconds: number } | 'not' | 'too short';
  /** Throughput of the calm phase from then on, or of all of it, divided by the baseline's. */
  readonly ratio: number;
}

/** The promise: at least so much of the baseline. */
const RECOVERED_SHARE = 0.95;
/** Effects come in batches: over less, one batch more or less decides. */
const WINDOW_MS = 4_000;
/** Nobody tells recoveries apart by less. */
const STEP_MS = 100;
const MS_PER_S = 1_000;

/**
 * Effects a second in [from, until).
 * @param sortedMs ascending
 */
export function throughput(sortedMs: readonly number[], fromMs: number, untilMs: number): number {
  if (untilMs <= fromMs) return 0;
  return ((countBefore(sortedMs, untilMs) - countBefore(sortedMs, fromMs)) * MS_PER_S) / (untilMs - fromMs);
}

/**
 * When throughput came back after each fault: the first moment from which both the next four seconds and the rest of the calm
 * phase have at least 0.95 of the baseline. So a burst of what had piled up, with nothing behind it, is no recovery.
 * @param effectMs instants of the effects, in any order
 * @param baseline effects a second without faults
 * @throws RangeError for a baseline that is not above 0: everything would have recovered from it
 */
export function recoveries(
  effectMs: readonly number[],
  faults: readonly AppliedFault[],
  baseline: number,
): readonly Recovery[] {
  if (!(Number.isFinite(baseline) && baseline > 0)) throw new RangeError(`a baseline of ${baseline} effects a second`);
  const sortedMs = effectMs.toSorted((a, b) => a - b);
  const ratio = (fromMs: number, untilMs: number) => throughput(sortedMs, fromMs, untilMs) / baseline;
  return faults.map(({ number, untilMs, calmUntilMs }): Recovery => {
    const lastMs = calmUntilMs - WINDOW_MS;
    if (lastMs < untilMs) return { number, outcome: 'too short', ratio: ratio(untilMs, calmUntilMs) };
    for (let atMs = untilMs; atMs <= lastMs; atMs += STEP_MS) {
      const rest = ratio(atMs, calmUntilMs);
      if (rest < RECOVERED_SHARE || ratio(atMs, atMs + WINDOW_MS) < RECOVERED_SHARE) continue;
      return { number, outcome: { seconds: (atMs - untilMs) / MS_PER_S }, ratio: rest };
    }
    return { number, outcome: 'not', ratio: ratio(untilMs, calmUntilMs) };
  });
}

/** How many are before this instant. */
function countBefore(sortedMs: readonly number[], instant: number): number {
  let low = 0;
  let high = sortedMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sortedMs[middle] ?? Number.POSITIVE_INFINITY) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
