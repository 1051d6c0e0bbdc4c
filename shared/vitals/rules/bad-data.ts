import { HEART_RATE, KIND_CODES, KINDS, type KindCode, RHYTHM } from '../kinds.ts';
import type { Rule } from './rule.ts';

/** An artefact of a movement is shorter. */
const LASTS_MS = 30_000;

type Memory = {
  /** Kinds whose newest reading is bad, and since when all of theirs have been. */
  sinceMs: { readonly [code: string]: number };
  /** Sensors that are told of, and since when. */
  told: { readonly [sensor: string]: number };
};

/** One sensor is one thing to mend: a heart rate is counted from the ECG. */
const sensorOf = (code: KindCode): string => KINDS[code === HEART_RATE ? RHYTHM : code].short;
const SHARING = new Map(
  KIND_CODES.map((code) => [code, KIND_CODES.filter((other) => sensorOf(other) === sensorOf(code))] as const),
);

/**
 * Data that is there and cannot be used: invalid, in a wrong unit, of no living patient. The sensor sits badly, or is broken.
 * Told of each sensor once one of its kinds has been bad for half a minute, until none of them is.
 */
export const badData: Rule<Memory> = {
  name: 'bad-data',
  source: 'IEC 60601-1-8:2006, 3.36 (technical alarm condition); ISO/IEEE 11073-10201, MeasurementStatus invalid',
  category: 'technical',
  perKind: false,
  kinds: KIND_CODES,
  judge(memory = { sinceMs: {}, told: {} }, { code, validity, atMs }) {
    const sensor = sensorOf(code);
    const known = memory.sinceMs[code];
    // What is not there is not bad: another rule speaks of it.
    if (validity !== 'invalid') {
      if (known === undefined) return undefined;
      const { [code]: _, ...sinceMs } = memory.sinceMs;
      const isBad = (SHARING.get(code) ?? []).some((other) => other in sinceMs);
      if (!(sensor in memory.told) || isBad) return { memory: { ...memory, sinceMs }, findings: [] };
      const { [sensor]: __, ...told } = memory.told;
      return { memory: { sinceMs, told }, findings: [{ condition: sensor, level: null }] };
    }
    const sinceMs = Math.min(known ?? atMs, atMs);
    const bad = known !== sinceMs ? { ...memory, sinceMs: { ...memory.sinceMs, [code]: sinceMs } } : memory;
    if (sensor in memory.told || atMs - sinceMs < LASTS_MS) return { memory: bad, findings: [] };
    const level = { priority: 'low', onsetMs: sinceMs, detail: { reason: 'invalid' } } as const;
    return {
      memory: { ...bad, told: { ...bad.told, [sensor]: sinceMs } },
      findings: [{ condition: sensor, level }],
    };
  },
};
