// The alerter that the default rules are measured against: a light that is on while something is beyond its limit.
import { KINDS, NUMERIC_CODES, type NumericCode, RHYTHM } from '../../shared/vitals/kinds.ts';
import { DEFAULT_THRESHOLDS, limitFor } from '../../shared/vitals/thresholds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';
import type { Alarm } from './alarm.ts';
import type { Stay } from './stay.ts';

const RHYTHMS: readonly unknown[] = ['VT', 'SVTA', 'AVB'];

/**
 * A value beyond a limit of the default thresholds (awake) is an alert at once, and is over at once when it is back; so is each run
 * of a rhythm that counts, with a bad signal or not, and a reading without a value for as long as there is none. It remembers what
 * is on, and nothing else.
 */
export function naiveAlarms({ messages }: Pick<Stay, 'messages'>): Alarm[] {
  const alarms: Alarm[] = [];
  /** By kind: a reading has one condition at the most. */
  const on = new Map<string, Omit<Alarm, 'endMs'>>();
  const end = (code: string, endMs: number) => {
    const alarm = on.get(code);
    if (alarm !== undefined) alarms.push({ ...alarm, endMs });
    on.delete(code);
  };
  for (const { atMs: toldMs, readings } of messages) {
    for (const reading of readings) {
      const condition = conditionOf(reading);
      if (on.get(reading.code)?.condition === condition) continue;
      end(reading.code, toldMs);
      if (condition === undefined) continue;
      const [rule = ''] = condition.split('/');
      on.set(reading.code, {
        alertId: `${condition}@${reading.time}`,
        rule,
        condition,
        category: rule === 'no-data' ? 'technical' : 'physiological',
        priority: null,
        onsetMs: Date.parse(reading.time),
        toldMs,
        high: [],
      });
    }
  }
  for (const code of [...on.keys()]) end(code, Number.POSITIVE_INFINITY);
  return alarms;
}

/** Named as the default rules name it. */
function conditionOf({ code, value }: RawReading): string | undefined {
  if (code === RHYTHM) {
    if (value === null) return `no-data/${KINDS[RHYTHM].short}`;
    return RHYTHMS.includes(value) ? `arrhythmia/${value}` : undefined;
  }
  if (!isNumeric(code)) return undefined;
  const { short } = KINDS[code];
  if (typeof value !== 'number') return `no-data/${short}`;
  const { low, high } = limitFor(DEFAULT_THRESHOLDS.limits[code], undefined) ?? {};
  if (low !== undefined && value < low) return `threshold/${short}/low`;
  return high !== undefined && value > high ? `threshold/${short}/high` : undefined;
}

const isNumeric = (code: string): code is NumericCode => (NUMERIC_CODES as readonly string[]).includes(code);
