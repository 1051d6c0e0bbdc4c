/**
 * Values with their instants. Count, sum, smallest, largest and latest are exact for any number of them; the values themselves are all
 * kept up to `valuesMax`, and from there on a uniform sample of them.
 */
export interface ValueStore {
  add(atMs: number, value: number): void;
  readonly count: number;
  readonly sum: number;
  readonly nonZero: number;
  readonly min: number;
  readonly max: number;
  readonly last: { readonly atMs: number; readonly value: number };
  /** How many of the values that were added each kept one stands for; 1 while all are kept. */
  readonly weight: number;
  /** In no particular order. */
  kept(): { readonly atMs: Float64Array; readonly values: Float64Array };
}

/** 32 MB of instants and values: over half an hour of 1,000 a second. */
export const VALUES_MAX = 2_000_000;
const FIRST_CAPACITY = 1_024;
const SEED = 0x9e3779b9;

export function createValueStore(valuesMax = VALUES_MAX): ValueStore {
  let instants = new Float64Array(Math.min(FIRST_CAPACITY, valuesMax));
  let values = new Float64Array(instants.length);
  const random = mulberry32(SEED);
  let size = 0;
  const totals = {
    count: 0,
    sum: 0,
    nonZero: 0,
    min: Infinity,
    max: -Infinity,
    last: { atMs: -Infinity, value: Number.NaN },
  };

  function grow(): void {
    const capacity = Math.min(valuesMax, instants.length * 2);
    const more = [new Float64Array(capacity), new Float64Array(capacity)] as const;
    more[0].set(instants);
    more[1].set(values);
    [instants, values] = more;
  }

  /** Vitter's algorithm R: each value so far is kept with the same probability. */
  function placeOf(): number {
    if (size < valuesMax) {
      if (size === instants.length) grow();
      size += 1;
      return size - 1;
    }
    return Math.floor(random() * totals.count);
  }

  return {
    add(atMs, value) {
      totals.count += 1;
      totals.sum += value;
      if (value !== 0) totals.nonZero += 1;
      if (value < totals.min) totals.min = value;
      if (value > totals.max) totals.max = value;
      if (atMs >= totals.last.atMs) totals.last = { atMs, value };
      const place = placeOf();
      if (place >= valuesMax) return;
      instants[place] = atMs;
      values[place] = value;
    },
    get count() {
      return totals.count;
    },
    get sum() {
      return totals.sum;
    },
    get nonZero() {
      return totals.nonZero;
    },
    get min() {
      return totals.min;
    },
    get max() {
      return totals.max;
    },
    get last() {
      return totals.last;
    },
    get weight() {
      return size === 0 ? 1 : totals.count / size;
    },
    kept: () => ({ atMs: instants.subarray(0, size), values: values.subarray(0, size) }),
  };
}

/** A small generator with a fixed seed (public domain, by T. Ettinger): the same points give the same figures. */
function mulberry32(seed: number): () => number {
  const RANGE = 2 ** 32;
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / RANGE;
  };
}
