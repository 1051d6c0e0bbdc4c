import type { Severity } from '../../alerts/alert-kinds.ts';
import { RHYTHM } from '../kinds.ts';
import type { Finding, Rule } from './rule.ts';

/** Of the rhythms that a monitor announces; all others are none of this rule's. */
const PRIORITIES: Readonly<Record<string, Severity>> = {
  ASYSTOLE: 'high',
  VFIB: 'high',
  VT: 'high',
  SVTA: 'medium',
  AVB: 'medium',
};
const LOST = { reason: 'signal lost' };

type Memory = {
  /** The rhythm of the run that the newest reading belongs to, if it is one of the three. */
  run: string | null;
  /** Whether a reading of it had a good signal. */
  hasBegun: boolean;
};

/**
 * An episode: a run of readings with one of the rhythms above, of which at least one has a good signal. It begins with the
 * first such reading, and ends with the first reading of another rhythm. A run that is bad throughout is no episode, and a
 * bad reading within a run does not end it.
 */
export const arrhythmia: Rule<Memory> = {
  name: 'arrhythmia',
  source:
    'IEC 60601-2-27:2011, 201.12.1.101 and 208.6.1.2 (arrhythmia detection and its alarms); episodes as the VitalDB Arrhythmia Database annotates rhythm',
  category: 'physiological',
  perKind: false,
  kinds: [RHYTHM],
  judge(before, { value, validity, atMs }) {
    const memory = before ?? { run: null, hasBegun: false };
    const rhythm = typeof value === 'string' && Object.hasOwn(PRIORITIES, value) ? value : null;
    const hadBegun = rhythm === memory.run && memory.hasBegun;
    const begins = rhythm !== null && !hadBegun && validity === 'valid';
    const findings: Finding[] = [];
    if (memory.run !== null && memory.run !== rhythm && memory.hasBegun) {
      findings.push({ condition: memory.run, level: null, ...(value === null && { detail: LOST }) });
    }
    if (begins) {
      const level = { priority: PRIORITIES[rhythm] ?? 'medium', onsetMs: atMs, detail: { rhythm } };
      findings.push({ condition: rhythm, level });
    }
    // After a start without memory: what was told of before it and is over.
    if (before === undefined) {
      for (const other of Object.keys(PRIORITIES))
        if (other !== rhythm) findings.push({ condition: other, level: null });
    }
    return { memory: { run: rhythm, hasBegun: hadBegun || begins }, findings };
  },
};
