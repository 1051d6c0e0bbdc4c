import { describe, expect, test } from 'vitest';
import type { BeatRow } from './arrhythmia-recording.ts';
import { type Episode, episodesOf, runsOf } from './episodes.ts';
import { type DetectAll, detectEach, EPISODE_LAWS } from './testing/episode-laws.ts';

function episodeAt(rows: readonly BeatRow[], index: number): Episode[] {
  const row = rows[index];
  const label = runsOf(rows.slice(index, index + 1))[0]?.label;
  return row && label ? [{ label, onsetRow: index, onsetSecond: row.second }] : [];
}

/** Detectors that are wrong in one way each; a law that none of them breaks would prove nothing. */
const MUTANTS: Readonly<Record<string, DetectAll>> = {
  'takes a flagged row for the onset': (rows) => runsOf(rows).flatMap(({ from }) => episodeAt(rows, from)),
  'gives up a run whose first row is flagged': (rows) =>
    runsOf(rows).flatMap(({ from }) => (rows[from]?.badSignal ? [] : episodeAt(rows, from))),
  'starts a run anew after each flagged row': (rows) =>
    rows.flatMap((row, index) => {
      const before = rows[index - 1];
      return !row.badSignal && (before?.rhythm !== row.rhythm || before?.badSignal) ? episodeAt(rows, index) : [];
    }),
  'joins two runs of one label': (rows) => {
    const found = episodesOf(rows);
    return found.filter(({ label }, index) => found[index - 1]?.label !== label);
  },
  'forgets that the label changed without a break': (rows) =>
    episodesOf(rows).filter(({ onsetRow }) => runsOf(rows.slice(Math.max(0, onsetRow - 1), onsetRow))[0] === undefined),
  'waits for a second row': (rows) =>
    episodesOf(rows).filter(({ onsetRow, label }) => rows[onsetRow + 1]?.rhythm === label),
  'reports the second before': (rows) =>
    episodesOf(rows).map((episode) => ({ ...episode, onsetSecond: rows[episode.onsetRow - 1]?.second ?? -1 })),
  'misses blocks': (rows) => episodesOf(rows).filter(({ label }) => label !== 'AVB'),
};

describe('the detector that a monitor runs', () => {
  test.each(Object.entries(EPISODE_LAWS))('%s', (_law, check) => check(detectEach));
});

describe('the offline form', () => {
  test.each(Object.entries(EPISODE_LAWS))('%s', (_law, check) => check(episodesOf));
});

test.each(Object.entries(MUTANTS))('a detector that %s breaks a law', (_mutant, detectAll) => {
  const broken = Object.values(EPISODE_LAWS).filter((check) => {
    try {
      check(detectAll);
      return false;
    } catch {
      return true;
    }
  });
  expect(broken.length).toBeGreaterThan(0);
});

test('a detector that sees the next row breaks the law of the past', () => {
  const seesAhead: DetectAll = (rows) => episodesOf(rows).filter(({ onsetRow }) => !rows[onsetRow + 1]?.badSignal);
  expect(() => EPISODE_LAWS['knows only the past']?.(seesAhead)).toThrow();
});
