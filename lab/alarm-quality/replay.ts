import { readArrhythmiaRecording } from '../../localstack/ward/arrhythmia-recording.ts';
import { findRecordings } from '../../localstack/ward/find-recordings.ts';
import { readNumericsRecording } from '../../localstack/ward/numerics-recording.ts';
import type { Alarm } from './alarm.ts';
import { causesOf } from './causes.ts';
import { defaultAlarms, type Evaluate } from './default-alerter.ts';
import { type JudgedCause, judgeCauses } from './judge-causes.ts';
import { naiveAlarms } from './naive.ts';
import { type Stay, stayOf } from './stay.ts';
import { type Spurious, withoutCause } from './without-cause.ts';

/** What both alerters tell of one recording, and what is to be said of the default rules. */
export interface Replayed {
  readonly stay: Pick<Stay, 'recording' | 'dataset' | 'fromMs' | 'toMs'>;
  readonly naive: readonly Alarm[];
  readonly alarms: readonly Alarm[];
  readonly causes: readonly JudgedCause[];
  readonly spurious: readonly Spurious[];
}

/** @param judge another alerter in place of the real one */
export function replay(stay: Stay, judge?: Evaluate): Replayed {
  const alarms = defaultAlarms(stay, judge);
  const causes = causesOf(stay);
  const { recording, dataset, fromMs, toMs } = stay;
  return {
    // Without its messages: of hundreds of recordings they would fill the memory.
    stay: { recording, dataset, fromMs, toMs },
    naive: naiveAlarms(stay),
    alarms,
    causes: judgeCauses(causes, alarms),
    spurious: withoutCause(stay, alarms, causes),
  };
}

/**
 * The recordings of these folders, one after the other; those without a row are left out.
 * @throws PermanentError `recording_unreadable`: what is no folder of recordings, and a file's fault with line and column
 */
export async function* staysIn(folders: readonly string[]): AsyncGenerator<Stay> {
  const { arrhythmia, numerics } = await findRecordings(folders);
  for (const { file } of arrhythmia) {
    const stay = stayOf(await readArrhythmiaRecording(file));
    if (stay !== undefined) yield stay;
  }
  for (const { file } of numerics) {
    const stay = stayOf(await readNumericsRecording(file));
    if (stay !== undefined) yield stay;
  }
}
