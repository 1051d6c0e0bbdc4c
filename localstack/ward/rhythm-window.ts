import type { BeatRow } from './arrhythmia-recording.ts';

/** How many RR intervals a heart rate is taken from. */
const RR_INTERVALS = 8;
/**
 * What is longer is no RR interval but a gap in the recording: the longest one inside an annotated episode is 4.92 s (an AV block
 * of case 581); gaps last up to 142 s (case 1626).
 */
export const LONGEST_RR_MS = 5000;
const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60_000;
const TENTHS = 10;
/** Rows of other types, or of none, mark where a bad segment starts or ends; they are no R-peaks. */
const BEAT_TYPES = new Set(['N', 'S', 'V', 'U', 'P']);

interface Beat {
  readonly second: number;
  readonly badSignal: boolean;
}

/** The last beats of the rows so far, with no gap between them: at most RR_INTERVALS + 1. */
export type RhythmWindow = readonly Beat[];

export interface RhythmEvidence {
  /** Mean rate over rrMs, one decimal; null when there is no interval. */
  readonly heartRateBpm: number | null;
  /** The last RR intervals in whole milliseconds, the oldest first, at most RR_INTERVALS. */
  readonly rrMs: readonly number[];
  /** Whether a beat behind these figures is flagged as bad signal. */
  readonly badSignalQuality: boolean;
}

/** Takes the next row. A gap starts the window anew; of two beats at one time (they occur in the data) the second is left out. */
export function advanceWindow(window: RhythmWindow, row: BeatRow): RhythmWindow {
  if (row.beatType === null || !BEAT_TYPES.has(row.beatType)) return window;
  const beat = { second: row.second, badSignal: row.badSignal };
  const last = window.at(-1);
  if (!last) return [beat];
  const intervalMs = msBetween(last, beat);
  if (intervalMs === 0) return window;
  if (intervalMs > LONGEST_RR_MS) return [beat];
  return [...window, beat].slice(-(RR_INTERVALS + 1));
}

export function rhythmEvidence(window: RhythmWindow): RhythmEvidence {
  const rrMs = window.slice(1).map((beat, index) => msBetween(window[index] ?? beat, beat));
  const totalMs = rrMs.reduce((sum, interval) => sum + interval, 0);
  const rate = rrMs.length > 0 ? Math.round(((rrMs.length * MS_PER_MINUTE) / totalMs) * TENTHS) / TENTHS : null;
  return { heartRateBpm: rate, rrMs, badSignalQuality: window.some((beat) => beat.badSignal) };
}

function msBetween(from: Beat, to: Beat): number {
  return Math.round((to.second - from.second) * MS_PER_SECOND);
}
