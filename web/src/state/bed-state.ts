import { KINDS, type KindCode, type NumericCode } from '../../../shared/vitals/kinds.ts';
import { readReading } from '../../../shared/vitals/reading.ts';
import type { EffectiveThresholds } from '../../../shared/vitals/thresholds.ts';
import type { Validity, VitalsMessage } from '../../../shared/vitals/vitals-message.ts';
import { extended, preceded, type Trail } from './trail.ts';

/** The newest of one kind. */
interface Sign {
  readonly value: number | string | null;
  readonly validity: Validity;
  /** When it was heard of, by our clock: a monitor's own may be wrong. */
  readonly atMs: number;
}

/** What is known of a bed. Of another patient nothing is carried over. */
export interface BedState {
  readonly bed: string;
  readonly patientId: string;
  readonly deviceId: string;
  readonly signs: Readonly<Partial<Record<KindCode, Sign>>>;
  readonly trails: Readonly<Partial<Record<NumericCode, Trail>>>;
  /** Undefined: not known yet. */
  readonly limits: EffectiveThresholds['limits'] | undefined;
}

/** A bed as the server lists it (GET /wards/{ward}/beds). */
export interface ListedBed {
  readonly bed: string;
  readonly patientId: string;
  readonly deviceId: string;
  readonly readings: readonly {
    readonly code: string;
    readonly value: number | string | null;
    readonly at: string;
    readonly validity: Validity;
  }[];
  readonly thresholds?: { readonly limits?: EffectiveThresholds['limits'] };
}

const empty = ({ bed, patientId, deviceId }: Pick<BedState, 'bed' | 'patientId' | 'deviceId'>): BedState => ({
  ...{ bed, patientId, deviceId },
  signs: {},
  trails: {},
  limits: undefined,
});

/** The bed with what its monitor says now. */
export function heard(before: BedState | undefined, message: VitalsMessage, arrivedMs: number): BedState {
  const isSame = before !== undefined && before.patientId === message.patientId;
  const bed = isSame ? before : empty(message);
  const signs = { ...bed.signs };
  const trails = { ...bed.trails };
  for (const raw of message.readings) {
    // What is late, or is no reading, says nothing of now.
    const [reading] = readReading(raw, arrivedMs);
    if (reading === undefined) continue;
    const { code, value, validity } = reading;
    signs[code] = { value, validity, atMs: arrivedMs };
    if (isNumeric(code)) {
      const isShown = typeof value === 'number' && validity !== 'invalid';
      trails[code] = extended(trails[code], arrivedMs, isShown ? value : null);
    }
  }
  return { ...bed, deviceId: message.deviceId, signs, trails };
}

/** The bed with what the server knows of it: limits always, values only where they are newer than what was heard. */
export function listed(before: BedState | undefined, known: ListedBed): BedState {
  const isSame = before !== undefined && before.patientId === known.patientId;
  const bed = isSame ? before : empty(known);
  const signs = { ...bed.signs };
  for (const { code, value, validity, at } of known.readings) {
    const atMs = Date.parse(at);
    if (!isKind(code) || Number.isNaN(atMs) || (signs[code]?.atMs ?? 0) >= atMs) continue;
    signs[code] = { value, validity, atMs };
  }
  return { ...bed, signs, limits: known.thresholds?.limits ?? bed.limits };
}

/** The bed with what was measured before the station was opened. */
export function remembered(bed: BedState, past: BedState['trails']): BedState {
  const trails = { ...bed.trails };
  for (const [code, earlier] of Object.entries(past)) {
    if (isKind(code) && isNumeric(code)) trails[code] = preceded(trails[code], earlier);
  }
  return { ...bed, trails };
}

const isKind = (code: string): code is KindCode => Object.hasOwn(KINDS, code);
const isNumeric = (code: KindCode): code is NumericCode => KINDS[code].type === 'numeric';
