import { HEART_RATE, KIND_CODES, KINDS, type KindCode, RHYTHM } from '../../shared/vitals/kinds.ts';
import { DEFAULT_THRESHOLDS, limitFor } from '../../shared/vitals/thresholds.ts';
import type { Alarm } from './alarm.ts';
import type { Cause } from './causes.ts';
import { isNumeric, type Sample, samplesOf } from './samples.ts';
import type { Stay } from './stay.ts';

export interface Spurious {
  readonly alarm: Alarm;
  readonly why: string;
}

/** Rules whose alerts are judgements of their own, of which a recording does not say whether they are right. */
const NOT_JUDGED: readonly string[] = ['trend', 'news2'];
const MS_PER_S = 1_000;

/** Alarms for which the recording gives no reason. */
export function withoutCause(stay: Stay, alarms: readonly Alarm[], causes: readonly Cause[]): Spurious[] {
  const samples = samplesOf(stay);
  const episodes = causes.filter(({ cause }) => cause === 'episode');
  return alarms.flatMap((alarm) => {
    const why = whyNot(alarm, stay, samples, episodes);
    return why === undefined ? [] : [{ alarm, why }];
  });
}

function whyNot(
  alarm: Alarm,
  { messages }: Stay,
  samples: ReadonlyMap<KindCode, readonly Sample[]>,
  episodes: readonly Cause[],
): string | undefined {
  const { rule, condition, onsetMs, toldMs } = alarm;
  if (NOT_JUDGED.includes(rule)) return undefined;
  const [, short = '', side] = condition.split('/');
  if (rule === 'arrhythmia') {
    const isIn = (one: Cause) => one.condition === condition && onsetMs >= one.onsetMs && onsetMs <= one.lastMs;
    return episodes.some(isIn) ? undefined : 'no such rhythm with a good signal';
  }
  const code = KIND_CODES.find((each) => KINDS[each].short === short);
  if (rule === 'no-data' && short === 'device') {
    const limitMs = SHORTEST_LIMIT_S * MS_PER_S;
    const isHeard = messages.some(({ atMs }) => atMs > toldMs - limitMs && atMs < toldMs);
    return isHeard ? 'the monitor was heard' : undefined;
  }
  if (code === undefined) return 'no kind of reading';
  const ofKind = samples.get(code) ?? [];
  const until = ofKind.filter(({ atMs }) => atMs >= onsetMs && atMs <= toldMs);
  if (rule === 'threshold') {
    const values = until.flatMap(({ value }) => (value === null ? [] : [value]));
    return values.length > 0 && values.every((value) => isBeyond(code, side, value))
      ? undefined
      : 'a value within its limit';
  }
  if (rule === 'bad-data') {
    // A heart rate is counted from the ECG, so that the ECG is told of when either has been bad throughout.
    const isBad = (kind: KindCode) => {
      const meanwhile = (samples.get(kind) ?? []).filter(({ atMs }) => atMs >= onsetMs && atMs <= toldMs);
      return meanwhile.length > 0 && !meanwhile.some(({ goodMs }) => goodMs !== null && goodMs >= onsetMs);
    };
    const kinds: KindCode[] = code === RHYTHM ? [code, HEART_RATE] : [code];
    return kinds.some(isBad) ? undefined : 'a reading that was good';
  }
  if (rule === 'no-data') {
    const kind = KINDS[code];
    const limitMs = 'noDataAfterS' in kind ? kind.noDataAfterS * MS_PER_S : Number.POSITIVE_INFINITY;
    const hasValue = ofKind.some(({ atMs, isThere }) => isThere && atMs > toldMs - limitMs && atMs < toldMs);
    return hasValue ? 'a value within the limit of time' : undefined;
  }
  return 'no rule that is known here';
}

const SHORTEST_LIMIT_S = Math.min(
  ...KIND_CODES.flatMap((code) => {
    const kind = KINDS[code];
    return 'noDataAfterS' in kind ? [kind.noDataAfterS] : [];
  }),
);

function isBeyond(code: KindCode, side: string | undefined, value: number): boolean {
  const limit = isNumeric(code) ? limitFor(DEFAULT_THRESHOLDS.limits[code], undefined) : undefined;
  if (side === 'low') return limit?.low !== undefined && value < limit.low;
  return limit?.high !== undefined && value > limit.high;
}
