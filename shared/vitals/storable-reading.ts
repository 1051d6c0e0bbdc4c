import { isKindCode, KINDS, type KindCode } from './kinds.ts';
import type { RawReading, Validity, VitalsMessage } from './vitals-message.ts';

/** A reading as it is stored: of a kind that is known, its value as that kind has it, its time an instant. */
export interface StorableReading {
  readonly patientId: string;
  readonly code: KindCode;
  /** Since 1970, in milliseconds. */
  readonly atMs: number;
  /** Of a numeric kind; `text` of a coded one. Null: the sensor had no value. */
  readonly value: number | null;
  readonly text: string | null;
  readonly validity: Validity;
  readonly simulated: boolean;
  readonly ward: string;
  readonly bed: string;
  readonly deviceId: string;
}

/** Why a reading cannot be made sense of. */
export type ReadingFault =
  | 'unknown_kind'
  | 'wrong_unit'
  | 'not_a_number'
  | 'not_a_text'
  | 'unknown_value'
  | 'time_unreadable';

/** An instant of ISO 8601 with its offset. Date.parse alone takes `1` and `Nov 2026` for times, too. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const NUL = '\u0000';

function faultOf(code: KindCode, { value, unit }: RawReading): ReadingFault | undefined {
  const kind = KINDS[code];
  if (kind.type === 'numeric') {
    if (unit !== undefined && unit !== kind.unit) return 'wrong_unit';
    return typeof value === 'string' ? 'not_a_number' : undefined;
  }
  if (value === null) return undefined;
  // Postgres keeps no U+0000, and a lone surrogate would be stored as another character.
  if (typeof value === 'number' || value.includes(NUL) || !value.isWellFormed()) return 'not_a_text';
  return 'values' in kind && !kind.values.some((one) => one === value) ? 'unknown_value' : undefined;
}

/** The reading as it is stored, or why it is not. Whether it is too old, or of a time to come, the database says by its clock. */
function storableReading(
  raw: RawReading,
  { patientId, ward, bed, deviceId }: VitalsMessage,
): StorableReading | ReadingFault {
  const { code, time, validity, simulated = false } = raw;
  if (!isKindCode(code)) return 'unknown_kind';
  const fault = faultOf(code, raw);
  if (fault !== undefined) return fault;
  const atMs = INSTANT.test(time) ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(atMs)) return 'time_unreadable';
  // "No value" and a value contradict each other: what says that it has none has none.
  const value = validity === 'none' ? null : raw.value;
  return {
    patientId,
    code,
    atMs,
    value: typeof value === 'number' ? value : null,
    text: typeof value === 'string' ? value : null,
    validity: value === null ? 'none' : (validity ?? 'valid'),
    simulated,
    ward,
    bed,
    deviceId,
  };
}

/** The readings of these messages that can be stored, in their order, and how many cannot, by the reason. */
export function storableReadings(messages: readonly VitalsMessage[]): {
  readings: StorableReading[];
  faults: Map<ReadingFault, number>;
} {
  const readings: StorableReading[] = [];
  const faults = new Map<ReadingFault, number>();
  for (const message of messages) {
    for (const raw of message.readings) {
      const made = storableReading(raw, message);
      if (typeof made === 'string') faults.set(made, (faults.get(made) ?? 0) + 1);
      else readings.push(made);
    }
  }
  return { readings, faults };
}
