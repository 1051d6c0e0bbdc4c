import type { Arrival } from '../../shared/vitals/evaluate.ts';
import { DEFAULT_THRESHOLDS, effective } from '../../shared/vitals/thresholds.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import { bedReadings, vitalsMessage } from '../vitals-ward/bed-readings.ts';
import { type WardPatient, type WardRecordings, wardPatients } from '../vitals-ward/patients.ts';
import { readWardRecordings } from '../vitals-ward/read-recordings.ts';
import { timetable } from '../vitals-ward/timetable.ts';
import { turns } from '../vitals-ward/turns.ts';
import { DEFAULT_SEED } from '../vitals-ward/vitals-ward.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';

/** A hospital as `localstack/vitals-ward` plays it: 2,200 readings a second. */
const BEDS = 500;
const HOUR_S = 3_600;

/** What a bed's monitor sends at once. `sentMs`: since 1970. */
export interface WardMessage {
  readonly patient: WardPatient;
  readonly message: VitalsMessage;
  readonly sentMs: number;
}

export interface Ward {
  readonly recordings: WardRecordings;
  readonly patients: readonly WardPatient[];
  /** All that the beds send from then on, in order of time, for ever: recorded patients, the same for the same start. */
  messages(startMs: number): Generator<WardMessage, never>;
}

/** The hospital's monitors without a broker, as fast as they are asked. */
export async function readWard(): Promise<Ward> {
  const recordings = await readWardRecordings(await findRecordings([BUNDLED_RECORDINGS]), BEDS);
  const patients = wardPatients({ recordings, beds: BEDS, seed: DEFAULT_SEED });
  const plan = timetable({ beds: BEDS, rate: 1, burstAtS: HOUR_S });
  return {
    recordings,
    patients,
    *messages(startMs): Generator<WardMessage, never> {
      for (const { index, step, atMs } of turns(plan)) {
        const patient = patients[index];
        if (patient === undefined) throw new RangeError(`no bed ${index}`);
        const readings = bedReadings({ plan, seed: DEFAULT_SEED, startMs }, patient, step);
        if (readings.length > 0) yield { patient, message: vitalsMessage(patient, readings), sentMs: startMs + atMs };
      }
      throw new RangeError('the beds have stopped');
    },
  };
}

/** The first so many. */
export function take<T>(count: number, from: Iterator<T>): T[] {
  return Array.from({ length: count }, () => {
    const { done, value } = from.next();
    if (done) throw new RangeError('it has ended');
    return value;
  });
}

/** As it would have come through a broker without delay. */
export const arrivalOf = ({ message, sentMs }: WardMessage): Arrival => ({ message, arrivedMs: sentMs });

const THRESHOLDS = effective([DEFAULT_THRESHOLDS]);
/** Where nobody has set any thresholds, and of new patients nothing is known. */
export const NOTHING_SET = { thresholdsOf: () => THRESHOLDS, sleepOf: () => undefined };
