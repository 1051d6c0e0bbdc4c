import { KINDS, type KindCode } from './kinds.ts';
import type { RawReading } from './vitals-message.ts';

/** What a value cannot be: of its kind, in its unit, of a living patient. */
export type ValueFault = 'not_a_number' | 'not_a_text' | 'unknown_value' | 'wrong_unit' | 'implausible';

/** An instant of ISO 8601 with its offset. Date.parse alone takes `1` and `Nov 2026` for times, too. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const NUL = '\u0000';

/** Epoch ms; NaN for a text that is no instant. */
export const instantMs = (text: string): number => (INSTANT.test(text) ? Date.parse(text) : Number.NaN);

/**
 * What is wrong with the value of a reading that has one. A number without its unit is no measurement: 5.5 is a fine glucose in
 * mmol/L, and nearly none in mg/dL.
 */
export function valueFault(code: KindCode, { value, unit }: RawReading): ValueFault | undefined {
  if (value === null) return undefined;
  const kind = KINDS[code];
  if (kind.type === 'numeric') {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'not_a_number';
    if (unit !== kind.unit) return 'wrong_unit';
    const [min, max] = kind.plausible;
    return value < min || value > max ? 'implausible' : undefined;
  }
  // Postgres keeps no U+0000, and a lone surrogate would be stored as another character.
  if (typeof value === 'number' || value.includes(NUL) || !value.isWellFormed()) return 'not_a_text';
  return 'values' in kind && !kind.values.some((one) => one === value) ? 'unknown_value' : undefined;
}
