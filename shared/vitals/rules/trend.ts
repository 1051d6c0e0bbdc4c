import { HEART_RATE, KINDS, type KindCode, RESPIRATORY_RATE, SPO2 } from '../kinds.ts';
import type { Finding, Rule } from './rule.ts';

const BUCKET_MS = 10_000;
const WINDOW_MS = 5 * 60_000;
const BUCKETS = WINDOW_MS / BUCKET_MS;
/** A line through less than this of the window is a guess. */
const COVERAGE_MIN = 0.8;
/** An alert ends when the slope is below so much of what raised it. */
const ENDS_BELOW = 0.5;

/** Change over the whole window that is worth a look, in the kind's unit, and in which direction. */
const CHANGES: Readonly<Partial<Record<KindCode, { readonly rising?: number; readonly falling?: number }>>> = {
  [HEART_RATE]: { rising: 30, falling: 30 },
  [SPO2]: { falling: 6 },
  [RESPIRATORY_RATE]: { rising: 12, falling: 12 },
};
const DIRECTIONS = ['rising', 'falling'] as const;

type Memory = {
  /** The bucket that is being filled: its number since 1970, and what is in it. */
  bucket: number;
  sum: number;
  count: number;
  /** Numbers and means of those before it, the oldest first. */
  past: readonly (readonly [bucket: number, mean: number])[];
  /** Told of, since when. */
  direction: (typeof DIRECTIONS)[number] | null;
  sinceMs: number;
};

/**
 * A vital sign that goes steadily up or down: the slope of a least-squares line through the means of 10 s, over 5 minutes.
 * It is looked at when a bucket is full, so a single outlier moves it by a thirtieth. Low priority: awareness, before a limit
 * is reached.
 */
export const trend: Rule<Memory> = {
  name: 'trend',
  source:
    'least-squares slope as in Charbonnier S, Gentil S, Control Eng Pract 2007;15:1039 (trend-based alarms for intensive care); the changes are ours',
  category: 'physiological',
  perKind: true,
  kinds: [HEART_RATE, SPO2, RESPIRATORY_RATE],
  judge(memory, { code, value, validity, atMs }) {
    if (typeof value !== 'number' || validity !== 'valid') return undefined;
    const bucket = Math.floor(atMs / BUCKET_MS);
    // At the beginning, and where the device's clock was put back: what was told of before is over.
    if (memory === undefined || bucket < memory.bucket) {
      const findings = DIRECTIONS.map((each) => ({ condition: `${KINDS[code].short}/${each}`, level: null }));
      return { memory: { bucket, sum: value, count: 1, past: [], direction: null, sinceMs: 0 }, findings };
    }
    if (bucket === memory.bucket) return { memory: withValue(memory, value), findings: [] };

    const full = [...memory.past, [memory.bucket, memory.sum / memory.count] as const];
    const past = full.filter(([number]) => number > bucket - 1 - BUCKETS);
    const change = changeOver(past);
    const { rising, falling } = CHANGES[code] ?? {};
    const limitOf = { rising, falling };
    const isOver = (direction: Memory['direction'], share: number) => {
      const limit = direction === null ? undefined : limitOf[direction];
      if (change === undefined || limit === undefined) return false;
      return direction === 'rising' ? change >= limit * share : change <= -limit * share;
    };
    const goesOn = isOver(memory.direction, ENDS_BELOW);
    const direction = goesOn ? memory.direction : (DIRECTIONS.find((each) => isOver(each, 1)) ?? null);
    const sinceMs = goesOn ? memory.sinceMs : atMs;
    const { short } = KINDS[code];
    const findings: Finding[] = [];
    if (memory.direction !== null && !goesOn) findings.push({ condition: `${short}/${memory.direction}`, level: null });
    if (direction !== null && change !== undefined && !goesOn) {
      const detail = { change: Math.round(change * TENTHS) / TENTHS, overS: WINDOW_MS / MS_PER_S };
      findings.push({ condition: `${short}/${direction}`, level: { priority: 'low', onsetMs: sinceMs, detail } });
    }
    return { memory: { bucket, sum: value, count: 1, past, direction, sinceMs }, findings };
  },
};

/** Each field by its name: it is made for each reading, and a spread is slower. */
const withValue = ({ bucket, sum, count, past, direction, sinceMs }: Memory, value: number): Memory => ({
  bucket,
  sum: sum + value,
  count: count + 1,
  past,
  direction,
  sinceMs,
});

const TENTHS = 10;
const MS_PER_S = 1_000;

/** The line's change over the whole window; undefined where too little of it is known. */
function changeOver(points: readonly (readonly [number, number])[]): number | undefined {
  if (points.length < BUCKETS * COVERAGE_MIN) return undefined;
  let [sumX, sumY] = [0, 0];
  for (const [x, y] of points) {
    sumX += x;
    sumY += y;
  }
  const [meanX, meanY] = [sumX / points.length, sumY / points.length];
  let [covariance, variance] = [0, 0];
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return variance === 0 ? undefined : (covariance / variance) * BUCKETS;
}
