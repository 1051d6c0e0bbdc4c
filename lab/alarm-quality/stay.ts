import { messagesOf, type TimedReadings } from '../../localstack/vitals-ward/recording-readings.ts';
import type { ArrhythmiaRecording, BeatRow } from '../../localstack/ward/arrhythmia-recording.ts';
import type { NumericsRecording } from '../../localstack/ward/numerics-recording.ts';

/** A recorded patient, and what the bed's monitor sends of them: the same to every alerter. */
export interface Stay {
  readonly recording: string;
  readonly dataset: 'bidmc-numerics' | 'vitaldb-arrhythmia';
  readonly messages: readonly TimedReadings[];
  /** Of a recording of beats. */
  readonly beats: readonly BeatRow[];
  /** Of the first and the last message, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Undefined: the recording has no row. */
export function stayOf(recording: ArrhythmiaRecording | NumericsRecording): Stay | undefined {
  const messages = messagesOf(recording);
  const [first, last] = [messages[0], messages.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const beats = recording.dataset === 'vitaldb-arrhythmia' ? recording.rows : [];
  return {
    recording: recording.id,
    dataset: recording.dataset,
    messages,
    beats,
    fromMs: first.atMs,
    toMs: last.atMs,
  };
}
