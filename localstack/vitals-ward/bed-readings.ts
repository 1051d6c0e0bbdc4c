import { HEART_RATE, type KindCode, RESPIRATORY_RATE, RHYTHM, SPO2 } from '../../shared/vitals/kinds.ts';
import type { RawReading, VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import type { NumericsRow } from '../ward/numerics-recording.ts';
import type { WardPatient } from './patients.ts';
import { isoTime, recordedReading } from './reading.ts';
import { changesBetween, rhythmAt, rhythmReading } from './rhythm-track.ts';
import { isSimulated, simulatedReading } from './simulated-signs.ts';
import { kindsDue, stepAtMs, stepBefore, type Timetable } from './timetable.ts';

const MS_PER_S = 1_000;

/** What all readings of a run depend on, beside the patients. */
export interface WardRun {
  readonly plan: Timetable;
  readonly seed: number;
  /** Of the run's first step, milliseconds since 1970. */
  readonly startMs: number;
}

/**
 * What a bed's monitor sends at a step of the timetable: the same for the same run, patient and step. HR, RR and SpO2 are those of
 * the recorded second (twice within it, the same); rhythm comes at each change, with the time of the change, else once a second.
 */
export function bedReadings({ plan, seed, startMs }: WardRun, patient: WardPatient, step: number): RawReading[] {
  const sinceMs = stepAtMs(plan, patient.index, step);
  const time = isoTime(startMs + sinceMs);
  const due = kindsDue(plan, patient.index, step);
  const row = rowAt(patient, sinceMs);
  const readings: RawReading[] = [];
  for (const code of due) {
    const recorded = recordedValue(row, code);
    if (recorded) readings.push(recordedReading(recorded.code, recorded.value, time));
    else if (isSimulated(code)) {
      const sensors = { hasHeartRate: row.HR !== null, hasSpo2: row.SpO2 !== null };
      readings.push(simulatedReading(code, seed, patient.patientId, startMs + sinceMs, time, sensors));
    }
  }
  readings.push(...rhythmReadings({ plan, seed, startMs }, patient, step, due.includes(RHYTHM)));
  return readings;
}

export function vitalsMessage(patient: WardPatient, readings: readonly RawReading[]): VitalsMessage {
  const { patientId, ward, bed, deviceId } = patient;
  return { patientId, ward, bed, deviceId, readings };
}

const NO_NUMBERS: NumericsRow = { second: 0, HR: null, PULSE: null, RESP: null, SpO2: null };

function rowAt({ rows, fromRow }: WardPatient, sinceMs: number): NumericsRow {
  return rows[(fromRow + Math.floor(sinceMs / MS_PER_S)) % rows.length] ?? NO_NUMBERS;
}

function recordedValue(row: NumericsRow, code: KindCode) {
  if (code === HEART_RATE) return { code, value: row.HR };
  if (code === RESPIRATORY_RATE) return { code, value: row.RESP };
  if (code === SPO2) return { code, value: row.SpO2 };
  return undefined;
}

/** All changes since this bed sent before and, when one is due, what stands now. */
function rhythmReadings({ plan, startMs }: WardRun, patient: WardPatient, step: number, due: boolean): RawReading[] {
  const { rhythm, rhythmFromMs, index } = patient;
  const epochMs = startMs - rhythmFromMs;
  const toMs = rhythmFromMs + stepAtMs(plan, index, step);
  const fromMs = rhythmFromMs + stepAtMs(plan, index, stepBefore(plan, step));
  const changes = changesBetween(rhythm, fromMs, toMs);
  const readings = changes.map((change) => rhythmReading(change, epochMs + change.atMs));
  const stands = rhythmAt(rhythm, toMs);
  if (due && stands && changes.at(-1)?.atMs !== toMs) readings.push(rhythmReading(stands, epochMs + toMs));
  return readings;
}
