import type { BeatRow } from './arrhythmia-recording.ts';

const EPISODE_LABELS = ['VT', 'SVTA', 'AVB'] as const;
/** Ventricular tachycardia, supraventricular tachyarrhythmia, atrioventricular block. */
export type EpisodeLabel = (typeof EPISODE_LABELS)[number];

/**
 * An episode is a maximal run of consecutive rows with one of the three labels, of which at least one row is not flagged as bad
 * signal. Its onset is the first such row: what a monitor can trust. A run that is flagged throughout is no episode.
 */
export interface Episode {
  readonly label: EpisodeLabel;
  /** The onset's place among the recording's rows, from 0. */
  readonly onsetRow: number;
  /** The onset's time as the recording gives it. */
  readonly onsetSecond: number;
}

/** What a monitor remembers from row to row; it knows the past only. */
export interface DetectorState {
  /** How many rows it has seen. */
  readonly rows: number;
  /** The label of the run that the last row belongs to, if it is one of the three. */
  readonly run: EpisodeLabel | null;
  /** Whether that run has had its onset. */
  readonly started: boolean;
}

export const DETECTOR_START: DetectorState = { rows: 0, run: null, started: false };

/** Takes the next row; gives the new state, and the episode if this row is an onset. */
export function detect(state: DetectorState, row: BeatRow): readonly [DetectorState, Episode | undefined] {
  const run = episodeLabel(row.rhythm);
  const wasStarted = run !== null && run === state.run && state.started;
  const isOnset = run !== null && !wasStarted && !row.badSignal;
  const next = { rows: state.rows + 1, run, started: wasStarted || isOnset };
  return [next, isOnset ? { label: run, onsetRow: state.rows, onsetSecond: row.second } : undefined];
}

/** All episodes of a recording that is there whole: run by run, each looked at from its first row to its last. */
export function episodesOf(rows: readonly BeatRow[]): Episode[] {
  return runsOf(rows).flatMap(({ label, from, to }) => {
    const onset = rows.slice(from, to).findIndex((row) => !row.badSignal);
    const row = rows[from + onset];
    return onset < 0 || !row ? [] : [{ label, onsetRow: from + onset, onsetSecond: row.second }];
  });
}

interface Run {
  readonly label: EpisodeLabel;
  readonly from: number;
  /** The row after the last. */
  readonly to: number;
}

/** The maximal runs of rows with one of the three labels, flagged or not. */
export function runsOf(rows: readonly BeatRow[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  while (from < rows.length) {
    const rhythm = rows[from]?.rhythm ?? null;
    let to = from + 1;
    while (to < rows.length && (rows[to]?.rhythm ?? null) === rhythm) to += 1;
    const label = episodeLabel(rhythm);
    if (label) runs.push({ label, from, to });
    from = to;
  }
  return runs;
}

function episodeLabel(rhythm: string | null): EpisodeLabel | null {
  return EPISODE_LABELS.find((label) => label === rhythm) ?? null;
}
