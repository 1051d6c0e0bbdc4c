// Histories for the laws of the alerter: three patients, values about their limits, and whatever a device and a network do to them.
import fc from 'fast-check';
import { type Arrival, type EvaluationContext, evaluate, type PartitionState } from './evaluate.ts';
import {
  DEVICE_STATUS,
  HEART_RATE,
  KINDS,
  type KindCode,
  RESPIRATORY_RATE,
  RHYTHM,
  SLEEP_STATUS,
  SPO2,
} from './kinds.ts';
import { snapshotText, stateOf } from './snapshot.ts';
import { DEFAULT_THRESHOLDS, effective } from './thresholds.ts';
import type { RawReading, VitalsMessage } from './vitals-message.ts';

/** What is to keep the laws: judging, and a state that goes through the database and back. */
export interface AlerterSubject {
  readonly evaluate: typeof evaluate;
  readonly restore: (state: PartitionState) => PartitionState;
}
export const realAlerter: AlerterSubject = { evaluate, restore: (state) => stateOf(snapshotText(state, '{}')) };

const THRESHOLDS = effective([DEFAULT_THRESHOLDS]);
export const CONTEXT: EvaluationContext = { thresholdsOf: () => THRESHOLDS, sleepOf: () => undefined };

/** Values within, at and beyond the limits, and some of no patient. */
const VALUES: Readonly<Partial<Record<KindCode, readonly (number | string | null)[]>>> = {
  [HEART_RATE]: [80, 80, 119, 121, 121, 149, 160, 49, 33, 500, null],
  [SPO2]: [97, 97, 91, 89, 89, 79, null, -1],
  [RESPIRATORY_RATE]: [16, 16, 31, 31, 50, 7, 3, 0],
  [RHYTHM]: ['N', 'N', 'VT', 'VT', 'SVTA', 'AVB', 'Noise', null],
  [SLEEP_STATUS]: ['awake', 'asleep', 'dreaming'],
  [DEVICE_STATUS]: ['ok', 'leads-off', 'battery-low'],
};
const CODES = Object.keys(VALUES) as KindCode[];
const PULSE_MS = 1_000;
const STEPS_MS = [200, 500, 1_000, 1_000, 5_000, 12_000, 31_000] as const;
/** What the device's clock says beside the broker's. */
const SKEWS_MS = [0, 0, 0, 0, -1_500, -20_000, -90_000, 400_000] as const;
const MOST_STEPS = 60;
const START_MS = Date.UTC(2026, 0, 1);

const readings = fc.array(
  fc.constantFrom(...CODES).chain((code) =>
    fc.record({
      code: fc.constant(code),
      value: fc.constantFrom(...(VALUES[code] ?? [])),
      validity: fc.constantFrom('valid', 'valid', 'valid', 'valid', 'questionable', 'invalid', undefined),
      skewMs: fc.constantFrom(...SKEWS_MS),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);

const steps = fc.array(
  fc.record({
    stepMs: fc.constantFrom(...STEPS_MS),
    isOutage: fc.constantFrom(false, false, false, false, true),
    device: fc.constantFrom('mon-1', 'mon-1', 'mon-1', 'mon-1', 'mon-1', 'mon-2'),
    bed: fc.constantFrom('bed-01', 'bed-01', 'bed-01', 'bed-01', 'bed-02'),
    what: fc.oneof(
      { weight: 8, arbitrary: fc.record({ patient: fc.integer({ min: 1, max: 3 }), readings }) },
      { weight: 2, arbitrary: fc.constant('pulse' as const) },
      { weight: 1, arbitrary: fc.record({ again: fc.nat() }) },
    ),
  }),
  { minLength: 5, maxLength: MOST_STEPS },
);

export interface Scenario {
  readonly arrivals: readonly Arrival[];
  /** Where it is cut into batches, or a process dies: places among the arrivals. */
  readonly cuts: readonly number[];
}

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({ steps, cuts: fc.array(fc.nat({ max: MOST_STEPS }), { minLength: 2, maxLength: 6 }) })
  .map(({ steps: made, cuts }) => {
    const arrivals: Arrival[] = [];
    let arrivedMs = START_MS;
    for (const { stepMs, isOutage, what, device, bed } of made) {
      const untilMs = arrivedMs + stepMs;
      // As in the stream itself: each second, but while nobody can write.
      for (let ms = arrivedMs + PULSE_MS; ms < untilMs && !isOutage; ms += PULSE_MS)
        arrivals.push({ pulse: true, arrivedMs: ms });
      arrivedMs = untilMs;
      if (what === 'pulse') arrivals.push({ pulse: true, arrivedMs });
      else if ('again' in what) {
        const earlier = arrivals[what.again % Math.max(1, arrivals.length)];
        if (earlier !== undefined) arrivals.push({ ...earlier, arrivedMs });
      } else arrivals.push({ message: messageOf(what, arrivedMs, device, bed), arrivedMs });
    }
    return { arrivals, cuts: cuts.map((cut) => cut % (arrivals.length + 1)).sort((a, b) => a - b) };
  });

function messageOf(
  made: { patient: number; readings: typeof readings extends fc.Arbitrary<infer R> ? R : never },
  arrivedMs: number,
  deviceId: string,
  bed: string,
): VitalsMessage {
  const place = { patientId: `p-${made.patient}`, ward: `icu-${made.patient}`, bed, deviceId };
  return {
    ...place,
    readings: made.readings.map(({ code, value, validity, skewMs }): RawReading => {
      const kind = KINDS[code];
      return {
        code,
        value,
        time: new Date(arrivedMs + skewMs).toISOString(),
        ...('unit' in kind && { unit: kind.unit }),
        ...(validity !== undefined && { validity }),
      };
    }),
  };
}
