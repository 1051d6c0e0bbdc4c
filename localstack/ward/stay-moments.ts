import type { ArrhythmiaRecording } from './arrhythmia-recording.ts';
import { DETECTOR_START, detect, type Episode } from './episodes.ts';
import type { NumericsRecording, NumericsRow } from './numerics-recording.ts';
import { advanceWindow, type RhythmEvidence, type RhythmWindow, rhythmEvidence } from './rhythm-window.ts';

/** How long a bed stays empty between two patients, at the least: so that a ward of one-row recordings moves on, too. */
const EMPTY_BED_SECONDS = 1;

interface ReadingMoment {
  readonly kind: 'reading';
  readonly atSecond: number;
  /** Seconds since the admission. */
  readonly second: number;
  readonly vitals: NumericsRow;
}
interface EpisodeMoment {
  readonly kind: 'episode';
  readonly atSecond: number;
  readonly episode: Episode;
  readonly beatType: string | null;
  readonly evidence: RhythmEvidence;
}
export type StayMoment = ReadingMoment | EpisodeMoment;

export interface StayRecordings {
  readonly arrhythmia: ArrhythmiaRecording;
  /** One row a second, repeated from its start for as long as the stay lasts. */
  readonly numerics: NumericsRecording | undefined;
}

/** The ward second at which the next patient can be admitted. */
export function stayEnd({ arrhythmia }: StayRecordings, startSecond: number): number {
  const last = arrhythmia.rows.at(-1)?.second ?? 0;
  return startSecond + (last - firstSecond(arrhythmia)) + EMPTY_BED_SECONDS;
}

/**
 * What a bed's monitor shows in one stay, in order of time (ward seconds): vital signs each second, and each episode at its onset.
 * Moments before `fromSecond` are left out, but the detector has seen their rows.
 */
export function* stayMoments(
  recordings: StayRecordings,
  startSecond: number,
  fromSecond: number,
): Generator<StayMoment> {
  const { arrhythmia, numerics } = recordings;
  const origin = firstSecond(arrhythmia);
  let detector = DETECTOR_START;
  let window: RhythmWindow = [];
  let second = 0;
  for (const row of arrhythmia.rows) {
    const sinceAdmission = row.second - origin;
    const atSecond = startSecond + sinceAdmission;
    // Compared before the start is added: which seconds there are must not depend on a rounding.
    for (; second <= sinceAdmission; second += 1) {
      const vitals = numerics?.rows[second % numerics.rows.length];
      if (vitals && startSecond + second >= fromSecond) {
        yield { kind: 'reading', atSecond: startSecond + second, second, vitals };
      }
    }
    const [next, episode] = detect(detector, row);
    detector = next;
    window = advanceWindow(window, row);
    if (episode && atSecond >= fromSecond) {
      yield { kind: 'episode', atSecond, episode, beatType: row.beatType, evidence: rhythmEvidence(window) };
    }
  }
}

function firstSecond(recording: ArrhythmiaRecording): number {
  return recording.rows[0]?.second ?? 0;
}
