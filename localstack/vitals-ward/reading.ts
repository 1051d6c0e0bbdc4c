import { KINDS, type NumericCode } from '../../shared/vitals/kinds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';

/** A number of a recording; null where its monitor showed none. */
export function recordedReading(code: NumericCode, value: number | null, time: string): RawReading {
  const { unit } = KINDS[code];
  return value === null ? { code, value, unit, time, validity: 'none' } : { code, value, unit, time };
}

export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();
