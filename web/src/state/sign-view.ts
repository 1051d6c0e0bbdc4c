import {
  DEVICE_STATUS,
  HEART_RATE,
  KINDS,
  type KindCode,
  type NumericCode,
  RESPIRATORY_RATE,
  RHYTHM,
  SLEEP_STATUS,
  SPO2,
} from '../../../shared/vitals/kinds.ts';
import { limitFor } from '../../../shared/vitals/thresholds.ts';
import type { BedState } from './bed-state.ts';
import { clockTime } from './words.ts';

/** A sign as a tile shows it. */
export interface SignView {
  readonly code: NumericCode;
  /** `--` where there is none that may be gone by. */
  readonly text: string;
  /** Why there is none, or why it is to be doubted. */
  readonly reason: string | undefined;
  /** The same in two words. */
  readonly brief: string | undefined;
  /** How long ago it was heard of, in seconds. */
  readonly ageS: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** The side on which it is beyond its limit. */
  readonly beyond: 'low' | 'high' | undefined;
}

export const NO_VALUE = '--';
const NO_DATA = 'no data';
const MS_PER_S = 1_000;

/** Digits after the point, as bedside monitors show them. */
const DECIMALS: Partial<Record<NumericCode, number>> = { '8310-5': 1 };
const numberText = (code: NumericCode, value: number): string => value.toFixed(DECIMALS[code] ?? 0);

const UNITS: Readonly<Record<string, string>> = { 'mm[Hg]': 'mmHg', Cel: '°C' };
/** UCUM's code as people write it. */
export const unitText = (code: NumericCode): string => UNITS[KINDS[code].unit] ?? KINDS[code].unit;

/** What the monitor says of itself explains these signs. */
const EXPLAINED: Readonly<Record<string, { readonly reason: string; readonly codes: readonly KindCode[] }>> = {
  'leads-off': { reason: 'leads off', codes: [HEART_RATE, RESPIRATORY_RATE, RHYTHM] },
  'sensor-off': { reason: 'sensor off', codes: [SPO2] },
};

export function signView(bed: BedState, code: NumericCode, nowMs: number): SignView {
  const sign = bed.signs[code];
  const limit = limitFor(bed.limits?.[code], sleepOf(bed));
  const low = limit?.low ?? limit?.severeLow;
  const high = limit?.high ?? limit?.severeHigh;
  const ageMs = sign === undefined ? undefined : Math.max(0, nowMs - sign.atMs);
  const ageS = ageMs === undefined ? undefined : Math.floor(ageMs / MS_PER_S);
  const known = { code, ageS, low, high };
  const without = (why: string, brief = why): SignView => {
    const explained = explainedBy(bed, code);
    return { ...known, text: NO_VALUE, beyond: undefined, reason: explained ?? why, brief: explained ?? brief };
  };
  if (sign === undefined || ageMs === undefined) return without('no data yet', NO_DATA);
  if (ageMs > KINDS[code].noDataAfterS * MS_PER_S) {
    return without(`no data since ${clockTime(sign.atMs)}`, NO_DATA);
  }
  const { value, validity } = sign;
  if (validity === 'invalid') return without('invalid signal', 'invalid');
  if (typeof value !== 'number' || validity === 'none') return without('no value');
  const beyond = low !== undefined && value < low ? 'low' : high !== undefined && value > high ? 'high' : undefined;
  const reason = validity === 'questionable' ? 'doubtful signal' : undefined;
  return { ...known, text: numberText(code, value), reason, brief: reason && 'doubtful', beyond };
}

/** Of an ECG's rhythm: `N` is the annotators' word for a normal one; others as monitors show them. */
export const rhythmText = (value: string): string => (value === 'N' ? 'Sinus rhythm' : value);

function explainedBy(bed: BedState, code: KindCode): string | undefined {
  const status = bed.signs[DEVICE_STATUS]?.value;
  const explained = typeof status === 'string' ? EXPLAINED[status] : undefined;
  return explained?.codes.includes(code) ? explained.reason : undefined;
}

function sleepOf(bed: BedState): 'awake' | 'asleep' | undefined {
  const value = bed.signs[SLEEP_STATUS]?.value;
  return value === 'awake' || value === 'asleep' ? value : undefined;
}
