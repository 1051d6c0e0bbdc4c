import { hash } from 'node:crypto';
import {
  DEVICE_STATUS,
  DIASTOLIC,
  GLUCOSE,
  KINDS,
  type KindCode,
  SLEEP_STATUS,
  SYSTOLIC,
  TEMPERATURE,
} from '../../shared/vitals/kinds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';

/** What no recording has: made up, slowly moving, and marked so. */
const SIMULATED = [TEMPERATURE, GLUCOSE, SYSTOLIC, DIASTOLIC, SLEEP_STATUS, DEVICE_STATUS] as const;
export type SimulatedCode = (typeof SIMULATED)[number];
export const isSimulated = (code: KindCode): code is SimulatedCode => SIMULATED.some((one) => one === code);

const MS_PER_HOUR = 3_600_000;
const HOURS_PER_DAY = 24;
/** The digest's first bytes that a double holds exactly. */
const DRAW_BYTES = 6;

interface Wave {
  /** A patient's own mean lies in here. */
  readonly mean: readonly [number, number];
  readonly swing: number;
  readonly periodHours: number;
  /** Of one reading, either way. */
  readonly noise: number;
  readonly decimals: number;
}

/**
 * Of adults under treatment: most values are within the default limits, and some patients' wave takes them beyond from time to
 * time. Temperature follows the day, as a healthy person's does.
 */
const WAVES = {
  [TEMPERATURE]: { mean: [36.4, 38.1], swing: 0.5, periodHours: HOURS_PER_DAY, noise: 0.05, decimals: 1 },
  [GLUCOSE]: { mean: [95, 210], swing: 35, periodHours: 4, noise: 4, decimals: 0 },
  [SYSTOLIC]: { mean: [102, 155], swing: 14, periodHours: 3, noise: 4, decimals: 0 },
  // Mean and swing of systolic times 0.6: no patient's diastolic value gets near the systolic one.
  [DIASTOLIC]: { mean: [61, 93], swing: 8, periodHours: 3, noise: 3, decimals: 0 },
} as const satisfies Partial<Record<SimulatedCode, Wave>>;

/** Night on the ward, UTC; each patient's begins up to an hour earlier or later. */
const ASLEEP_FROM_HOUR = 22;
const ASLEEP_HOURS = 8;

/** Of the recorded signs at that moment: a monitor knows when its sensors are off. */
export interface SensorState {
  readonly hasHeartRate: boolean;
  readonly hasSpo2: boolean;
}

/** A made-up reading; it depends on seed, patient, kind and time alone. */
export function simulatedReading(
  code: SimulatedCode,
  seed: number,
  patientId: string,
  epochMs: number,
  time: string,
  sensors: SensorState,
): RawReading {
  if (code === SLEEP_STATUS) return { code, value: asleep(seed, patientId, epochMs), time, simulated: true };
  if (code === DEVICE_STATUS) return { code, value: deviceStatus(sensors), time, simulated: true };
  const { unit } = KINDS[code];
  return { code, value: waveAt(code, seed, patientId, epochMs), unit, time, simulated: true };
}

function waveAt(code: keyof typeof WAVES, seed: number, patientId: string, epochMs: number): number {
  const { mean, swing, periodHours, noise, decimals } = WAVES[code];
  // One patient's systolic and diastolic pressure move together.
  const who = code === DIASTOLIC ? SYSTOLIC : code;
  const own = mean[0] + draw(seed, patientId, who, 'mean') * (mean[1] - mean[0]);
  const turns = epochMs / MS_PER_HOUR / periodHours + draw(seed, patientId, who, 'turn');
  const jitter = (2 * draw(seed, patientId, code, String(epochMs)) - 1) * noise;
  const scale = 10 ** decimals;
  return Math.round((own + swing * Math.sin(2 * Math.PI * turns) + jitter) * scale) / scale;
}

function asleep(seed: number, patientId: string, epochMs: number): 'asleep' | 'awake' {
  const shiftHours = 2 * draw(seed, patientId, SLEEP_STATUS) - 1;
  const sinceHours = epochMs / MS_PER_HOUR - ASLEEP_FROM_HOUR - shiftHours;
  const ofDay = ((sinceHours % HOURS_PER_DAY) + HOURS_PER_DAY) % HOURS_PER_DAY;
  return ofDay < ASLEEP_HOURS ? 'asleep' : 'awake';
}

function deviceStatus({ hasHeartRate, hasSpo2 }: SensorState): 'ok' | 'leads-off' | 'sensor-off' {
  if (!hasHeartRate) return 'leads-off';
  return hasSpo2 ? 'ok' : 'sensor-off';
}

/** From 0 to below 1, by a name of its own. */
export function draw(seed: number, ...name: readonly string[]): number {
  const digest = hash('sha256', [seed, ...name].join('\n'), 'buffer');
  return digest.readUIntBE(0, DRAW_BYTES) / 2 ** (8 * DRAW_BYTES);
}
