/** Beds of one intensive care ward. */
export const BEDS_PER_WARD = 12;
const BED_DIGITS = 2;
const PATIENT_DIGITS = 4;

export interface Bed {
  /** From 0, over all wards. */
  readonly index: number;
  /** `icu-1`, `icu-2`, … */
  readonly ward: string;
  /** `bed-01` to `bed-12`, within its ward. */
  readonly bed: string;
  readonly deviceId: string;
}

/** The bed with this number (from 0), wards being filled one after the other. */
export function bedAt(index: number): Bed {
  const ward = `icu-${Math.floor(index / BEDS_PER_WARD) + 1}`;
  const bed = `bed-${String((index % BEDS_PER_WARD) + 1).padStart(BED_DIGITS, '0')}`;
  return { index, ward, bed, deviceId: `mon-${ward}-${bed}` };
}

/** The pseudonym of the patient behind a recording. */
export function patientIdOf(recordingId: string): string {
  return `vdb-${recordingId.padStart(PATIENT_DIGITS, '0')}`;
}

/** One patient in one bed: recording number `recording` of the list, its how-many-th time, and since when (ward seconds). */
export interface Stay {
  readonly bed: number;
  readonly recording: number;
  /** From 1. */
  readonly admission: number;
  readonly startSecond: number;
}

/**
 * The recording that the next free bed admits: of those in no bed, the one admitted least often, the first of the list among equals.
 * So each recording is played once before any is played again, and no patient is in two beds. Undefined when all are in beds.
 */
export function nextRecording(admissions: readonly number[], inBeds: ReadonlySet<number>): number | undefined {
  let next: number | undefined;
  for (const [recording, count] of admissions.entries()) {
    if (inBeds.has(recording)) continue;
    if (next === undefined || count < (admissions[next] ?? 0)) next = recording;
  }
  return next;
}
