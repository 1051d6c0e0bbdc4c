import { isKindCode, type KindCode } from './kinds.ts';
import { instantMs, type ValueFault, valueFault } from './reading-value.ts';
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
export type ReadingFault = 'unknown_kind' | 'time_unreadable' | Exclude<ValueFault, 'implausible'>;

/** The reading as it is stored, or why it is not. Whether it is too old, or of a time to come, the database says by its clock. */
function storableReading(
  raw: RawReading,
  { patientId, ward, bed, deviceId }: VitalsMessage,
): StorableReading | ReadingFault {
  const { code, time, validity, simulated = false } = raw;
  if (!isKindCode(code)) return 'unknown_kind';
  const fault = valueFault(code, raw);
  if (fault !== undefined && fault !== 'implausible') return fault;
  const atMs = instantMs(time);
  if (Number.isNaN(atMs)) return 'time_unreadable';
  // "No value" and a value contradict each other: what says that it has none has none.
  const value = validity === 'none' ? null : raw.value;
  return {
    patientId,
    code,
    atMs,
    value: typeof value === 'number' ? value : null,
    text: typeof value === 'string' ? value : null,
    // Kept as the device said it, for whoever mends the sensor; no figure is made of it.
    validity: value === null ? 'none' : fault === 'implausible' ? 'invalid' : (validity ?? 'valid'),
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
