import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { PartitionState } from './evaluate.ts';
import { newPatient, type PatientState } from './patient-state.ts';
import type { ThresholdDocuments } from './threshold-view.ts';

/** To be raised whenever what a rule remembers changes its form or meaning. Version 1 had no thresholds. */
export const SNAPSHOT_VERSION = 2;

/** A state is text that repeats itself: the quickest setting makes a tenth of it. */
const QUALITY = 1;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

interface Unpacked {
  readonly state: PartitionState;
  /** What it was judged by; undefined: a release stored it that did not keep that. */
  readonly thresholds: ThresholdDocuments | undefined;
}

/**
 * Taken at once; what comes next is no longer in it.
 * @param thresholds the text of a view: what is judged again onto this state has to be judged by the same
 */
export const snapshotText = ({ clockMs, patients }: PartitionState, thresholds: string): string =>
  `{"thresholds":${thresholds},"clockMs":${clockMs},"patients":${JSON.stringify([...patients.values()])}}`;

export const packSnapshot = (text: string): Promise<Buffer> =>
  compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });

/**
 * What an older release remembered within its rules means nothing to these; they settle what is open by the next reading.
 * @param version this release's, or an older one
 * @throws an error when these bytes are no such state
 */
export async function unpackSnapshot(bytes: Buffer, version: number): Promise<Unpacked> {
  const { state, thresholds } = parsed(String(await decompress(bytes)));
  if (version === SNAPSHOT_VERSION) return { state, thresholds };
  const patients = [...state.patients].map(([patientId, patient]) => [patientId, withoutMemory(patient)] as const);
  return { state: { ...state, patients: new Map(patients) }, thresholds };
}

/** @param text of {@link snapshotText}, of this version */
export const stateOf = (text: string): PartitionState => parsed(text).state;

function parsed(text: string): Unpacked {
  const found: { clockMs: number; patients: PatientState[]; thresholds?: ThresholdDocuments } = JSON.parse(text);
  const { clockMs, patients, thresholds } = found;
  return {
    state: { clockMs, patients: new Map(patients.map((one) => [one.patientId + one.suffix, one])) },
    thresholds,
  };
}

/** Fields that this release has and the older one had not are a new patient's. */
const withoutMemory = (patient: PatientState): PatientState => ({
  ...newPatient({ ...patient, arrivedMs: patient.heardMs }),
  ...patient,
  memory: {},
});
