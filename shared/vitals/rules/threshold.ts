import type { Severity } from '../../alerts/alert-kinds.ts';
import { KINDS, NUMERIC_CODES, type NumericCode } from '../kinds.ts';
import { type Limit, limitFor } from '../thresholds.ts';
import type { Finding, Level, Rule } from './rule.ts';

const MS_PER_S = 1_000;
const SIDES = ['low', 'high'] as const;
type Side = (typeof SIDES)[number];

/** The side on which the value is beyond its limit; null: it is within both. */
type Memory = {
  side: Side | null;
  /** Epoch ms of the first reading beyond the limit. */
  sinceMs: number;
  /** What is told of it; null: nothing yet, the delay has not passed. */
  priority: Severity | null;
  /** Of the newest reading that was looked at. */
  atMs: number;
};

const WITHIN: Omit<Memory, 'atMs'> = { side: null, sinceMs: 0, priority: null };

const isSide = (code: string): code is NumericCode => (NUMERIC_CODES as readonly string[]).includes(code);

interface Bounds {
  readonly limit: number | undefined;
  readonly severe: number | undefined;
}
const boundsOf = (limit: Limit, side: Side): Bounds =>
  side === 'low'
    ? { limit: limit.low ?? limit.severeLow, severe: limit.severeLow }
    : { limit: limit.high ?? limit.severeHigh, severe: limit.severeHigh };

/** By how much the value is beyond the bound; the hysteresis is what it has to come back by. */
const beyond = (value: number, bound: number | undefined, side: Side, hysteresis = 0): boolean =>
  bound !== undefined && (side === 'low' ? value < bound + hysteresis : value > bound - hysteresis);

/**
 * A value beyond its limit. It raises an alert once it has stayed there for the delay, at once where it is beyond the severe
 * limit; the alert ends, and a severe one comes down, when the value is back by the hysteresis. A reading that is not valid
 * changes nothing: it is no sign of better health. After a gap as long as that of "no data", a delay begins anew.
 */
export const threshold: Rule<Memory> = {
  name: 'threshold',
  source:
    'IEC 60601-1-8:2006+A2, 6.1.2 (alarm condition delay), 6.2 (alarm limits); Görges M et al., Anesth Analg 2009;108:1546 (delays)',
  category: 'physiological',
  perKind: true,
  kinds: NUMERIC_CODES,
  judge(memory, { code, value, validity, atMs }, { patient, thresholds }) {
    if (!isSide(code) || typeof value !== 'number' || validity === 'invalid') return undefined;
    const limit = limitFor(thresholds.limits[code], patient.sleep);
    const before = memory ?? { ...WITHIN, atMs };
    const isNew = memory === undefined;
    const { short } = KINDS[code];
    const side = limit === undefined ? null : sideOf(value, limit, before);
    if (limit === undefined || side === null) {
      return { memory: { ...WITHIN, atMs }, findings: isNew ? neither(short) : ended(before, short) };
    }
    const isSameSide = side === before.side;
    const hasGap = atMs - before.atMs > KINDS[code].noDataAfterS * MS_PER_S;
    const isPutBack = atMs < before.atMs;
    const sinceMs = isSameSide && (before.priority !== null || !(hasGap || isPutBack)) ? before.sinceMs : atMs;
    const was = isSameSide ? before.priority : null;
    const { limit: bound, severe } = boundsOf(limit, side);
    const isSevere = beyond(value, severe, side, was === 'high' && limit.priority !== 'high' ? limit.hysteresis : 0);
    const isDue = was !== null || atMs - sinceMs >= limit.delayS * MS_PER_S;
    const priority = isSevere ? 'high' : isDue ? limit.priority : null;

    const findings: Finding[] = isSameSide ? [] : ended(before, short);
    if (priority !== null) {
      const detail: Level['detail'] = { value, limit: bound ?? null, ...(isSevere && { severe: severe ?? null }) };
      findings.push({ condition: `${short}/${side}`, level: { priority, onsetMs: sinceMs, detail } });
    }
    return { memory: { side, sinceMs, priority, atMs }, findings };
  },
};

/** Once told of, a side is left only by the hysteresis, and for the other side at once. */
function sideOf(value: number, limit: Limit, { side, priority }: Memory): Side | null {
  for (const each of SIDES) if (beyond(value, boundsOf(limit, each).limit, each)) return each;
  if (side === null || priority === null) return null;
  return beyond(value, boundsOf(limit, side).limit, side, limit.hysteresis) ? side : null;
}

/** After a start without memory: what was told of before it and is over. */
const neither = (short: string): Finding[] => SIDES.map((side) => ({ condition: `${short}/${side}`, level: null }));

const ended = ({ side, priority }: Memory, short: string): Finding[] =>
  side === null || priority === null ? [] : [{ condition: `${short}/${side}`, level: null }];
