import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { PartitionState } from './evaluate.ts';
import type { PatientState } from './patient-state.ts';

/** To be raised whenever what a rule remembers changes its form or meaning: a state of another version is not read. */
export const SNAPSHOT_VERSION = 1;

/** A state is text that repeats itself: the quickest setting makes a tenth of it. */
const QUALITY = 1;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Taken at once; what comes next is no longer in it. */
export function snapshotText({ clockMs, patients }: PartitionState): string {
  return JSON.stringify({ clockMs, patients: [...patients.values()] });
}

export const packSnapshot = (text: string): Promise<Buffer> =>
  compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });

export const unpackSnapshot = async (bytes: Buffer): Promise<PartitionState> =>
  stateOf(String(await decompress(bytes)));

/** @param text of {@link snapshotText}, of this version */
export function stateOf(text: string): PartitionState {
  const { clockMs, patients }: { clockMs: number; patients: PatientState[] } = JSON.parse(text);
  return { clockMs, patients: new Map(patients.map((patient) => [patient.patientId + patient.suffix, patient])) };
}
