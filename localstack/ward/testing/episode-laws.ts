import fc from 'fast-check';
import type { BeatRow } from '../arrhythmia-recording.ts';
import { DETECTOR_START, detect, type Episode, episodesOf } from '../episodes.ts';

export type DetectAll = (rows: readonly BeatRow[]) => readonly Episode[];

/** The incremental detector, fed row by row. */
export const detectEach: DetectAll = (rows) => {
  let state = DETECTOR_START;
  return rows.flatMap((row) => {
    const [next, episode] = detect(state, row);
    state = next;
    return episode ? [episode] : [];
  });
};

const LABELS = ['VT', 'SVTA', 'AVB', 'N', 'Noise', null];

/** Histories with runs in them: short segments of one label each, some rows flagged, time standing still now and then. */
const rowsArbitrary: fc.Arbitrary<BeatRow[]> = fc
  .array(
    fc.record({ rhythm: fc.constantFrom(...LABELS), flags: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }) }),
    { maxLength: 12 },
  )
  .chain((segments) => {
    const rows = segments.flatMap(({ rhythm, flags }) =>
      flags.map((badSignal) => ({ rhythm, badSignal, beatType: 'N' })),
    );
    const steps = fc.array(fc.constantFrom(0, 0.5, 1), { minLength: rows.length, maxLength: rows.length });
    return steps.map((between) => {
      let second = 0;
      return rows.map((row, index) => {
        second += between[index] ?? 0;
        return { ...row, second };
      });
    });
  });

/** An onset by its definition alone, row by row: looks back over the run for an earlier row that is not flagged. */
function isOnset(rows: readonly BeatRow[], index: number): boolean {
  const row = rows[index];
  if (!row || row.badSignal || !['VT', 'SVTA', 'AVB'].includes(row.rhythm ?? '')) return false;
  for (let before = index - 1; before >= 0 && rows[before]?.rhythm === row.rhythm; before -= 1) {
    if (!rows[before]?.badSignal) return false;
  }
  return true;
}

const onsets = (episodes: readonly Episode[]) => JSON.stringify(episodes);

/** The laws of episode detection. Each throws when `detectAll` breaks it. */
export const EPISODE_LAWS: Readonly<Record<string, (detectAll: DetectAll) => void>> = {
  'fires at each onset, and nowhere else': (detectAll) =>
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const expected = rows.flatMap((_, index) => (isOnset(rows, index) ? [index] : []));
        return JSON.stringify(detectAll(rows).map(({ onsetRow }) => onsetRow)) === JSON.stringify(expected);
      }),
    ),
  'names the label and the second of its onset row': (detectAll) =>
    fc.assert(
      fc.property(rowsArbitrary, (rows) =>
        detectAll(rows).every(
          ({ label, onsetRow, onsetSecond }) =>
            rows[onsetRow]?.rhythm === label && rows[onsetRow]?.second === onsetSecond,
        ),
      ),
    ),
  'agrees with the offline form': (detectAll) =>
    fc.assert(fc.property(rowsArbitrary, (rows) => onsets(detectAll(rows)) === onsets(episodesOf(rows)))),
  'knows only the past': (detectAll) =>
    fc.assert(
      fc.property(rowsArbitrary, fc.nat(), (rows, cut) => {
        const seen = rows.slice(0, cut % (rows.length + 1));
        const early = detectAll(rows).filter(({ onsetRow }) => onsetRow < seen.length);
        return onsets(detectAll(seen)) === onsets(early);
      }),
    ),
};
