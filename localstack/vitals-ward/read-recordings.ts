import { readArrhythmiaRecording } from '../ward/arrhythmia-recording.ts';
import { type FoundRecordings, findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';
import { readNumericsRecording } from '../ward/numerics-recording.ts';
import type { WardRecordings } from './patients.ts';

/**
 * Reads as many recordings as there are beds to give them to. Of a kind that was not found, beats or vital signs, the project's
 * own are taken: a bed needs both.
 * Throws `recording_unreadable` for what cannot be read.
 */
export async function readWardRecordings(found: FoundRecordings, beds: number): Promise<WardRecordings> {
  const bundled = await findRecordings([BUNDLED_RECORDINGS]);
  const numerics = found.numerics.length > 0 ? found.numerics : bundled.numerics;
  const arrhythmia = found.arrhythmia.length > 0 ? found.arrhythmia : bundled.arrhythmia;
  return {
    numerics: await Promise.all(numerics.slice(0, beds).map(({ file }) => readNumericsRecording(file))),
    arrhythmia: await Promise.all(arrhythmia.slice(0, beds).map(({ file }) => readArrhythmiaRecording(file))),
  };
}
