// What has to be told of a recording, and by when: read from the recording itself, without a line of the rules.

import { RECORDING_START_MS } from '../../localstack/vitals-ward/recording-readings.ts';
import { episodesOf, runsOf } from '../../localstack/ward/episodes.ts';
import { KINDS, type KindCode, type NumericCode } from '../../shared/vitals/kinds.ts';
import { DEFAULT_THRESHOLDS, limitFor } from '../../shared/vitals/thresholds.ts';
import { isNumeric, type Sample, samplesOf } from './samples.ts';
import type { Stay } from './stay.ts';

export const CAUSES = ['episode', 'severe', 'sustained', 'gap'] as const;

export interface Cause {
  /** A rhythm; a value beyond its severe limit; one beyond its limit for the delay; no value. */
  readonly cause: (typeof CAUSES)[number];
  /** Of the alert that tells of it. */
  readonly condition: string;
  readonly onsetMs: number;
  /** Of the last reading of it; of an episode and a gap, of what ended it. */
  readonly lastMs: number;
  /** From the onset; later is late. */
  readonly allowedMs: number;
}

const MS_PER_S = 1_000;
/** A monitor sends once a second. */
const NEXT_MESSAGE_MS = MS_PER_S;
/** Silence is looked for once a second, and told with the next message or pulse. */
const NEXT_LOOK_MS = 2 * MS_PER_S;

export function causesOf(stay: Stay): Cause[] {
  const samples = [...samplesOf(stay)];
  return [
    ...episodeCauses(stay),
    ...samples.flatMap(([code, ofKind]) => (isNumeric(code) ? valueCauses(code, ofKind) : [])),
    ...samples.flatMap(([code, ofKind]) => gapCauses(code, ofKind, stay.toMs)),
  ];
}

function episodeCauses({ beats, toMs }: Pick<Stay, 'beats' | 'toMs'>): Cause[] {
  const atMs = (row: number) => {
    const second = beats[row]?.second;
    return second === undefined ? toMs : RECORDING_START_MS + Math.round(second * MS_PER_S);
  };
  const runs = runsOf(beats);
  return episodesOf(beats).map(({ label, onsetRow }) => {
    const run = runs.find(({ from, to }) => from <= onsetRow && onsetRow < to);
    return {
      cause: 'episode',
      condition: `arrhythmia/${label}`,
      onsetMs: atMs(onsetRow),
      lastMs: atMs(run?.to ?? beats.length),
      allowedMs: NEXT_MESSAGE_MS,
    };
  });
}

/** Runs of good values beyond a limit, without another one, a bad one or none between them. */
function valueCauses(code: NumericCode, samples: readonly Sample[]): Cause[] {
  const limit = limitFor(DEFAULT_THRESHOLDS.limits[code], undefined);
  if (limit === undefined) return [];
  const { short, noDataAfterS } = KINDS[code];
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY, delayS } = limit;
  const { severeLow = Number.NEGATIVE_INFINITY, severeHigh = Number.POSITIVE_INFINITY } = limit;
  const runs = (isBeyond: (value: number) => boolean) =>
    runsWhere(samples, ({ value }) => value !== null && isBeyond(value), noDataAfterS * MS_PER_S);
  const severe = (side: string, isBeyond: (value: number) => boolean): Cause[] =>
    runs(isBeyond).map(([onsetMs, lastMs]) => {
      const condition = `threshold/${short}/${side}`;
      return { cause: 'severe', condition, onsetMs, lastMs, allowedMs: NEXT_MESSAGE_MS };
    });
  const sustained = (side: string, isBeyond: (value: number) => boolean): Cause[] =>
    runs(isBeyond)
      .filter(([onsetMs, lastMs]) => lastMs - onsetMs >= delayS * MS_PER_S)
      .map(([onsetMs, lastMs]) => {
        const allowedMs = delayS * MS_PER_S + NEXT_MESSAGE_MS;
        return { cause: 'sustained', condition: `threshold/${short}/${side}`, onsetMs, lastMs, allowedMs };
      });
  return [
    ...severe('low', (value) => value < severeLow),
    ...severe('high', (value) => value > severeHigh),
    ...sustained('low', (value) => value < low),
    ...sustained('high', (value) => value > high),
  ];
}

/** First and last moment of each run of samples that are so; those too far apart are no run. */
function runsWhere(
  samples: readonly Sample[],
  isSo: (sample: Sample) => boolean,
  apartMs: number,
): [onsetMs: number, lastMs: number][] {
  const runs: [number, number][] = [];
  let run: [number, number] | undefined;
  for (const sample of samples) {
    if (!isSo(sample)) {
      run = undefined;
    } else if (run !== undefined && sample.atMs - run[1] <= apartMs) {
      run[1] = sample.atMs;
    } else {
      run = [sample.atMs, sample.atMs];
      runs.push(run);
    }
  }
  return runs;
}

/** From each value to the next one, or to the end of the recording, where that is as long as the kind's limit. */
function gapCauses(code: KindCode, samples: readonly Sample[], endMs: number): Cause[] {
  const kind = KINDS[code];
  if (!('noDataAfterS' in kind)) return [];
  const limitMs = kind.noDataAfterS * MS_PER_S;
  const first = samples[0]?.atMs ?? endMs;
  const values = samples.filter(({ isThere }) => isThere).map(({ atMs }) => atMs);
  const moments = [first, ...values, endMs];
  return moments.slice(1).flatMap((lastMs, at): Cause[] => {
    const onsetMs = moments[at] ?? lastMs;
    if (lastMs - onsetMs < limitMs) return [];
    const condition = `no-data/${kind.short}`;
    return [{ cause: 'gap', condition, onsetMs, lastMs, allowedMs: limitMs + NEXT_LOOK_MS }];
  });
}
