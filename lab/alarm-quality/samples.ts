import { isKindCode, KINDS, type KindCode, NUMERIC_CODES, type NumericCode } from '../../shared/vitals/kinds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';
import type { Stay } from './stay.ts';

/** What a message says of one kind. */
export interface Sample {
  /** When it came, epoch ms. */
  readonly atMs: number;
  /** Null: it says no number that can be trusted. */
  readonly value: number | null;
  /** Whether it says anything, good or bad. */
  readonly isThere: boolean;
  /** When the last reading was measured that its sensor stands by and that can be a patient's; null: there is none. */
  readonly goodMs: number | null;
}

/** Of each kind that the monitor speaks of, in order of time. The oracle reads them itself, not by what the rules read. */
export function samplesOf({ messages }: Pick<Stay, 'messages'>): ReadonlyMap<KindCode, readonly Sample[]> {
  const byKind = new Map<KindCode, Sample[]>();
  for (const { atMs, readings } of messages) {
    for (const [code, ofKind] of Map.groupBy(readings, (reading) => reading.code)) {
      if (!isKindCode(code)) continue;
      const good = ofKind.filter((reading) => isGood(code, reading));
      const last = good.at(-1);
      const value = last?.value ?? null;
      const samples = byKind.get(code) ?? [];
      byKind.set(code, samples);
      samples.push({
        atMs,
        value: typeof value === 'number' ? value : null,
        isThere: ofKind.some((reading) => reading.value !== null),
        goodMs: last === undefined ? null : Date.parse(last.time),
      });
    }
  }
  return byKind;
}

function isGood(code: KindCode, { value, validity }: RawReading): boolean {
  if (value === null || validity === 'invalid' || validity === 'none') return false;
  if (!isNumeric(code)) return true;
  const [min, max] = KINDS[code].plausible;
  return typeof value === 'number' && value >= min && value <= max;
}

export const isNumeric = (code: string): code is NumericCode => (NUMERIC_CODES as readonly string[]).includes(code);
