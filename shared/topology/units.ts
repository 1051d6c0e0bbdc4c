import { z } from 'zod';

const KIB = 1_024;
const BYTES = { B: 1, KiB: KIB, MiB: KIB ** 2, GiB: KIB ** 3 } as const;
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const SECONDS = { s: 1, m: MINUTE_S, h: HOUR_S, d: DAY_S } as const;

/** Osiris rolls a segment over after this at most; smaller than the least, a stream is all files. */
const SEGMENT_BYTES_MIN = KIB ** 2;
/** RabbitMQ's own limit (`stream-max-segment-size-bytes`). */
const SEGMENT_BYTES_MAX = 3_000_000_000;
/** A disk; above it, the number is a mistake. */
const LENGTH_BYTES_MAX = 100 * KIB ** 4;
/** Shorter, a consumer that restarts misses records. */
const AGE_S_MIN = MINUTE_S;
const AGE_S_MAX = 10 * 365 * DAY_S;

function amount(units: Readonly<Record<string, number>>, min: number, max: number, allowed: string) {
  const form = new RegExp(`^(\\d{1,15}) ?(${Object.keys(units).join('|')})$`);
  return z.string({ error: allowed }).transform((text, context) => {
    const [, digits = '', unit = ''] = form.exec(text) ?? [];
    const value = Number(digits) * (units[unit] ?? Number.NaN);
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

/** Text as `64 MiB` → bytes. */
export const segmentSize = amount(
  BYTES,
  SEGMENT_BYTES_MIN,
  SEGMENT_BYTES_MAX,
  'a size from 1 MiB to 2861 MiB, as "64 MiB" (B, KiB, MiB, GiB)',
);
export const streamLength = amount(
  BYTES,
  SEGMENT_BYTES_MIN,
  LENGTH_BYTES_MAX,
  'a size from 1 MiB to 102400 GiB, as "1 GiB" (B, KiB, MiB, GiB)',
);
/** Text as `30 d` → seconds. */
export const streamAge = amount(SECONDS, AGE_S_MIN, AGE_S_MAX, 'an age from 1 m to 3650 d, as "30 d" (s, m, h, d)');

const inUnits = (value: number, units: Readonly<Record<string, number>>): string => {
  const [unit, size] = Object.entries(units).findLast(([, each]) => value % each === 0) ?? ['', 1];
  return `${value / size} ${unit}`;
};

/** Bytes as the file writes them: `64 MiB`. */
export const sizeText = (bytes: number) => inUnits(bytes, BYTES);
/** Seconds as the file writes them: `30 d`. */
export const ageText = (seconds: number) => inUnits(seconds, SECONDS);
