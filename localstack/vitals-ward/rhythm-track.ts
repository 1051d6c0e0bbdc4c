import { RHYTHM } from '../../shared/vitals/kinds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';
import type { BeatRow } from '../ward/arrhythmia-recording.ts';
import { isoTime } from './reading.ts';

/** A new rhythm, or a new signal quality; it stands until the next one, over rows that are missing, too. */
export interface RhythmChange {
  /** Of the row, in whole milliseconds from the recording's start. */
  readonly atMs: number;
  readonly label: string | null;
  readonly badSignal: boolean;
}

/** How long a recording that is repeated pauses before its first row comes again. */
const PAUSE_MS = 1_000;
const MS_PER_S = 1_000;

export const rowMs = (row: BeatRow): number => Math.round(row.second * MS_PER_S);

/** Of rows in order; changes at one time are kept a millisecond apart: of two readings of one time the second is a copy. The first row is a change. */
export function rhythmChanges(rows: readonly BeatRow[]): RhythmChange[] {
  const changes: RhythmChange[] = [];
  for (const row of rows) {
    const last = changes.at(-1);
    if (last && last.label === row.rhythm && last.badSignal === row.badSignal) continue;
    const atMs = Math.max(rowMs(row), (last?.atMs ?? Number.NEGATIVE_INFINITY) + 1);
    changes.push({ atMs, label: row.rhythm, badSignal: row.badSignal });
  }
  return changes;
}

export function rhythmReading({ label, badSignal }: RhythmChange, epochMs: number): RawReading {
  const reading = { code: RHYTHM, value: label, time: isoTime(epochMs) };
  if (label === null) return { ...reading, validity: 'none' };
  return badSignal ? { ...reading, validity: 'invalid' } : reading;
}

/** A recording's rhythm, repeated for ever. */
export interface RhythmTrack {
  /** The first one at 0. */
  readonly changes: readonly RhythmChange[];
  readonly loopMs: number;
}

/** @throws RangeError for a recording without a row: there is nothing to repeat. */
export function rhythmTrack(rows: readonly BeatRow[]): RhythmTrack {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) throw new RangeError('a recording without a row has no rhythm');
  const originMs = rowMs(first);
  const changes = rhythmChanges(rows).map((change) => ({ ...change, atMs: change.atMs - originMs }));
  return { changes, loopMs: rowMs(last) - originMs + PAUSE_MS };
}

/** What stands at this time. */
export function rhythmAt({ changes, loopMs }: RhythmTrack, ms: number): RhythmChange | undefined {
  return changes[after(changes, within(ms, loopMs)) - 1];
}

/** Changes after the one time, up to and with the other, at the times of the repeated recording; the span is shorter than it. */
export function changesBetween({ changes, loopMs }: RhythmTrack, fromMs: number, toMs: number): RhythmChange[] {
  const found: RhythmChange[] = [];
  let roundMs = fromMs - within(fromMs, loopMs);
  let index = after(changes, fromMs - roundMs);
  for (;;) {
    const change = changes[index];
    if (change === undefined) {
      roundMs += loopMs;
      index = 0;
      if (roundMs > toMs) return found;
      continue;
    }
    if (roundMs + change.atMs > toMs) return found;
    found.push({ ...change, atMs: roundMs + change.atMs });
    index += 1;
  }
}

const within = (ms: number, loopMs: number): number => ((ms % loopMs) + loopMs) % loopMs;

/** Index of the first change after this time. */
function after(changes: readonly RhythmChange[], ms: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.atMs ?? ms) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
