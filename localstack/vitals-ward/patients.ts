import { PermanentError } from '../../shared/errors.ts';
import { formatDeviceTopic } from '../../shared/mqtt/device-topic.ts';
import type { ArrhythmiaRecording } from '../ward/arrhythmia-recording.ts';

import type { NumericsRecording, NumericsRow } from '../ward/numerics-recording.ts';
import { type RhythmTrack, rhythmTrack } from './rhythm-track.ts';
import { draw } from './simulated-signs.ts';
import { spread } from './timetable.ts';

/** Beds of one ward, unless wards are given. */
const BEDS_PER_WARD = 20;
const BED_DIGITS = 2;
const PATIENT_DIGITS = 4;

export interface WardRecordings {
  readonly numerics: readonly NumericsRecording[];
  readonly arrhythmia: readonly ArrhythmiaRecording[];
}

/** One patient in one bed, who stays. */
export interface WardPatient {
  /** From 0, over all wards. */
  readonly index: number;
  readonly ward: string;
  readonly bed: string;
  readonly patientId: string;
  readonly deviceId: string;
  readonly topic: string;
  /** One a second, repeated. */
  readonly rows: readonly NumericsRow[];
  /** The row at the start. */
  readonly fromRow: number;
  readonly rhythm: RhythmTrack;
  /** Where the rhythm's recording is at the start. */
  readonly rhythmFromMs: number;
}

export interface PatientsOptions {
  readonly recordings: WardRecordings;
  readonly beds: number;
  /** Beds are shared out evenly. Default: as many as 20 beds to a ward take. */
  readonly wards?: number | undefined;
  readonly seed: number;
}

export function wardsFor(beds: number): number {
  return Math.ceil(beds / BEDS_PER_WARD);
}

const wardName = (index: number) => `icu-${index + 1}`;

/** Of the wards that so many beds are in. */
export const wardNames = (beds: number): string[] =>
  Array.from({ length: wardsFor(beds) }, (_, index) => wardName(index));

/**
 * Fills the beds, ward by ward. Recordings are given out in turn; who has the same one as another is at another place in it.
 * @throws PermanentError `argument`: more wards than beds, or no recording of one of the two kinds
 */
export function wardPatients({ recordings, beds, wards = wardsFor(beds), seed }: PatientsOptions): WardPatient[] {
  if (wards > beds)
    throw new PermanentError('argument', `${wards} wards have ${beds} beds: give a bed to each at least`);
  const numerics = recordings.numerics.filter(({ rows }) => rows.length > 0);
  const rhythms = recordings.arrhythmia.filter(({ rows }) => rows.length > 0).map(({ rows }) => rhythmTrack(rows));
  return Array.from({ length: beds }, (_, index): WardPatient => {
    const { rows } = inTurn(numerics, index, 'vital signs');
    const rhythm = inTurn(rhythms, index, 'arrhythmia');
    const wardIndex = Math.floor((index * wards) / beds);
    const indexInWard = index - Math.ceil((wardIndex * beds) / wards);
    const ward = wardName(wardIndex);
    const bed = `bed-${String(indexInWard + 1).padStart(BED_DIGITS, '0')}`;
    const patientId = `vw-${String(index + 1).padStart(PATIENT_DIGITS, '0')}`;
    return {
      index,
      ward,
      bed,
      patientId,
      deviceId: `mon-${ward}-${bed}`,
      topic: formatDeviceTopic({ ward, bed, patientId, kind: 'vitals' }),
      rows,
      fromRow: Math.floor(placeIn('row', index, numerics.length) * rows.length),
      rhythm,
      rhythmFromMs: Math.floor(placeIn('rhythm', index, rhythms.length) * rhythm.loopMs),
    };
  });

  /** From 0 to 1: the seed says where a recording's first patient is, the others are spread evenly from there. */
  function placeIn(what: string, index: number, recordingCount: number): number {
    const first = draw(seed, what, String(index % recordingCount));
    return (first + spread(Math.floor(index / recordingCount))) % 1;
  }
}

function inTurn<T>(list: readonly T[], index: number, what: string): T {
  const one = list[index % list.length];
  if (one === undefined) throw new PermanentError('argument', `no recording of ${what}: add a folder with some`);
  return one;
}
