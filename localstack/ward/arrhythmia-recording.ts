import { basename } from 'node:path';
import { type CsvCell, quoted, readCsv, recordingError } from './csv.ts';

export const ARRHYTHMIA_DATASET = 'vitaldb-arrhythmia';
export const ARRHYTHMIA_FILE = /^Annotation_file_(\d+)\.csv$/;
/** The columns that every file has, in whatever order; bad_signal_quality_label is missing in some, and nothing here needs it. */
const REQUIRED = ['time_second', 'beat_type', 'rhythm_label', 'bad_signal_quality'] as const;
const FLAGS = new Map([
  ['true', true],
  ['false', false],
  // An empty flag: nobody marked the row as bad.
  ['', false],
]);

/** One annotated row. Not each is a beat: marks of a bad segment have no beat type, or Start and End in its place. */
export interface BeatRow {
  /** Seconds from the start of the recording, never falling. */
  readonly second: number;
  /** N, S, V, U and, undocumented, P, Start and End; null where the file has none. */
  readonly beatType: string | null;
  /** N, VT, SVTA, AVB, AFIB/AFL, Noise, …; null where the file has none. */
  readonly rhythm: string | null;
  readonly badSignal: boolean;
}

export interface ArrhythmiaRecording {
  readonly dataset: typeof ARRHYTHMIA_DATASET;
  /** The case number in the file's name, such as `13`. */
  readonly id: string;
  readonly rows: readonly BeatRow[];
}

/**
 * Reads one annotation file of the VitalDB Arrhythmia Database.
 * Throws `recording_unreadable` (file:line:column) for all that readCsv refuses, and for a time that is no number or goes back,
 * or a flag that is neither true, false nor empty.
 */
export async function readArrhythmiaRecording(file: string): Promise<ArrhythmiaRecording> {
  const id = ARRHYTHMIA_FILE.exec(basename(file))?.[1];
  if (id === undefined)
    throw recordingError(file, 'the name is not Annotation_file_<number>.csv', 'Rename it after its case number');
  let last = Number.NEGATIVE_INFINITY;
  const rows = (await readCsv(file, REQUIRED)).map((cell): BeatRow => {
    const time = cell('time_second');
    const second = secondIn(time, last);
    last = second;
    return {
      second,
      beatType: cell('beat_type')?.text || null,
      rhythm: cell('rhythm_label')?.text || null,
      badSignal: flagIn(cell('bad_signal_quality')),
    };
  });
  return { dataset: ARRHYTHMIA_DATASET, id, rows };
}

/** A time in seconds that is not before the row above. Equal times occur in the real data, and so do a time of "-0" and of -1. */
export function secondIn(cell: CsvCell | undefined, last: number): number {
  const second = numberIn(cell);
  if (cell && second < last) {
    throw cell.wrong(
      `the time goes back, from ${last} s to ${second} s`,
      'Rows must be in time order: sort the file by time',
    );
  }
  return second;
}

/** A decimal number. Throws at the cell for anything else: an empty cell, a number below `least`, what is too large for a number. */
export function numberIn(cell: CsvCell | undefined, least = Number.NEGATIVE_INFINITY): number {
  if (!cell) throw recordingError('CSV', 'a required column was not read', 'This is a fault in the reader');
  const value = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell.text) ? Number(cell.text) : Number.NaN;
  // Adding zero turns -0 into 0.
  if (Number.isFinite(value) && value >= least) return value + 0;
  const wanted = least === 0 ? 'a number of 0 or more' : 'a number';
  throw cell.wrong(`${quoted(cell.text)} is not ${wanted}`, 'Correct it, or copy the file again');
}

function flagIn(cell: CsvCell | undefined): boolean {
  const flag = FLAGS.get(cell?.text.toLowerCase() ?? '');
  if (flag !== undefined) return flag;
  throw cell?.wrong(`${quoted(cell.text)} is neither True nor False`, 'Write True, False or nothing');
}
