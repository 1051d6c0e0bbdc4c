import { KIND_CODES, KINDS } from '../kinds.ts';
import type { Rule } from './rule.ts';

/** An artefact of a movement is shorter. */
const LASTS_MS = 30_000;

/** Since when every reading has been bad; 0: the newest was good. */
type Memory = { sinceMs: number; isTold: boolean };

/** Data that is there and cannot be used: invalid, in a wrong unit, of no living patient. The sensor sits badly, or is broken. */
export const badData: Rule<Memory> = {
  name: 'bad-data',
  source: 'IEC 60601-1-8:2006, 3.36 (technical alarm condition); ISO/IEEE 11073-10201, MeasurementStatus invalid',
  category: 'technical',
  perKind: true,
  kinds: KIND_CODES,
  judge(memory = { sinceMs: 0, isTold: false }, { code, validity, atMs }) {
    // Of what is not there another rule speaks.
    if (validity === 'none') return undefined;
    const { short } = KINDS[code];
    if (validity !== 'invalid') {
      if (memory.sinceMs === 0) return undefined;
      const findings = memory.isTold ? [{ condition: short, level: null }] : [];
      return { memory: { sinceMs: 0, isTold: false }, findings };
    }
    const sinceMs = memory.sinceMs === 0 ? atMs : memory.sinceMs;
    if (memory.isTold || atMs - sinceMs < LASTS_MS) return { memory: { ...memory, sinceMs }, findings: [] };
    const level = { priority: 'low', onsetMs: sinceMs, detail: { reason: 'invalid' } } as const;
    return { memory: { sinceMs, isTold: true }, findings: [{ condition: short, level }] };
  },
};
