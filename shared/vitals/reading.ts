import { isKindCode, type KindCode } from './kinds.ts';
import { instantMs, type ValueFault, valueFault } from './reading-value.ts';
import type { RawReading, Validity } from './vitals-message.ts';

/** A reading that can be judged. Times are epoch ms: `atMs` of the device, `arrivedMs` of the broker. */
export interface Reading {
  readonly code: KindCode;
  readonly atMs: number;
  readonly arrivedMs: number;
  readonly value: number | string | null;
  readonly validity: Validity;
}

/** What is wrong with a reading, apart from what the sensor says of itself. */
export type ReadingProblem =
  | 'unknown_kind'
  | 'time_unreadable'
  | 'future'
  | 'late'
  | 'duplicate'
  | 'out_of_order'
  | ValueFault;

/** As far may a device's clock run ahead of ours, as in an alert (alert-message.ts). */
const AHEAD_MAX_MS = 5 * 60_000;
/** What comes later than this tells of the past: it is stored, and raises no alert now. A monitor that reconnects is quicker. */
const LATE_AFTER_MS = 60_000;

/**
 * What a raw reading means. A value that cannot be a patient's (no number, another unit, outside of what a body can have) is
 * there and bad: it is judged as invalid, so that it ends up as a technical alert where it goes on. One of which not even
 * kind or time is known, or whose time is not now, is judged by no rule. Either way the problem is to be counted.
 */
export function readReading(raw: RawReading, arrivedMs: number): readonly [Reading | undefined, ReadingProblem?] {
  const { code } = raw;
  if (!isKindCode(code)) return [undefined, 'unknown_kind'];
  const atMs = instantMs(raw.time);
  if (Number.isNaN(atMs)) return [undefined, 'time_unreadable'];
  if (atMs - arrivedMs > AHEAD_MAX_MS) return [undefined, 'future'];
  if (arrivedMs - atMs > LATE_AFTER_MS) return [undefined, 'late'];
  const { value } = raw;
  if (value === null) return [{ code, atMs, arrivedMs, value, validity: 'none' }];
  const problem = valueFault(code, raw);
  if (problem !== undefined) return [{ code, atMs, arrivedMs, value: null, validity: 'invalid' }, problem];
  // A value of which the sensor says that there is none is not used.
  if (raw.validity === 'none') return [{ code, atMs, arrivedMs, value: null, validity: 'none' }];
  return [{ code, atMs, arrivedMs, value, validity: raw.validity ?? 'valid' }];
}
