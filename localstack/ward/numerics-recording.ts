import { basename } from 'node:path';
import { numberIn, secondIn } from './arrhythmia-recording.ts';
import { type CsvCell, readCsv, recordingError } from './csv.ts';

const NUMERICS_DATASET = 'bidmc-numerics';
export const NUMERICS_FILE = /^bidmc_(\d+)_Numerics\.csv$/;
const REQUIRED = ['Time [s]', 'HR', 'PULSE', 'RESP', 'SpO2'] as const;

/** What a bedside monitor shows once a second; null where it shows no number (a probe or a lead is off). */
export interface Vitals {
  /** Beats/min, from the ECG. */
  readonly HR: number | null;
  /** Beats/min, from the pulse oximeter. */
  readonly PULSE: number | null;
  /** Breaths/min. */
  readonly RESP: number | null;
  /** Percent. */
  readonly SpO2: number | null;
}

export interface NumericsRow extends Vitals {
  /** Seconds from the start of the recording, never falling. */
  readonly second: number;
}

export interface NumericsRecording {
  readonly dataset: typeof NUMERICS_DATASET;
  /** The number in the file's name, such as `49`; leading zeros are kept. */
  readonly id: string;
  readonly rows: readonly NumericsRow[];
}

/**
 * Reads one numerics file of the BIDMC PPG and Respiration Dataset.
 * Throws `recording_unreadable` (file:line:column) for all that readCsv refuses, for a time that goes back and a value that is
 * neither a number nor NaN nor empty.
 */
export async function readNumericsRecording(file: string): Promise<NumericsRecording> {
  const id = NUMERICS_FILE.exec(basename(file))?.[1];
  if (id === undefined)
    throw recordingError(file, 'the name is not bidmc_<number>_Numerics.csv', 'Rename it after its number');
  let last = Number.NEGATIVE_INFINITY;
  const rows = (await readCsv(file, REQUIRED)).map((cell): NumericsRow => {
    const second = secondIn(cell('Time [s]'), last);
    last = second;
    return {
      second,
      HR: vital(cell('HR')),
      PULSE: vital(cell('PULSE')),
      RESP: vital(cell('RESP')),
      SpO2: vital(cell('SpO2')),
    };
  });
  return { dataset: NUMERICS_DATASET, id, rows };
}

function vital(cell: CsvCell | undefined): number | null {
  return cell && (cell.text === '' || cell.text.toLowerCase() === 'nan') ? null : numberIn(cell, 0);
}
