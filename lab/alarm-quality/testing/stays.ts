import { RECORDING_START_MS } from '../../../localstack/vitals-ward/recording-readings.ts';
import type { BeatRow } from '../../../localstack/ward/arrhythmia-recording.ts';
import type { NumericsRow } from '../../../localstack/ward/numerics-recording.ts';
import { type Stay, stayOf } from '../stay.ts';

/** The moment of this second of a recording, epoch ms. */
export const at = (second: number) => RECORDING_START_MS + second * 1_000;

const stay = (recording: Parameters<typeof stayOf>[0]): Stay => {
  const made = stayOf(recording);
  if (made === undefined) throw new RangeError('give it a row');
  return made;
};

/** A second each; what is not given is well. */
export const numerics = (rows: readonly Partial<NumericsRow>[]): Stay =>
  stay({
    dataset: 'bidmc-numerics',
    id: '1',
    rows: rows.map((row, second) => ({ second, HR: 80, PULSE: 80, RESP: 16, SpO2: 97, ...row })),
  });

/** The same, so many times. */
export const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

type Beat = readonly [second: number, rhythm: string | null, quality?: 'bad'];

/** Rows at these seconds; the last one says how long it is. */
export const beats = (rows: readonly Beat[]): Stay =>
  stay({
    dataset: 'vitaldb-arrhythmia',
    id: '2',
    rows: rows.map(
      ([second, rhythm, quality]): BeatRow => ({ second, rhythm, beatType: null, badSignal: quality === 'bad' }),
    ),
  });
