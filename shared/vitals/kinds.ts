/**
 * What a bedside monitor reports: the one place to extend. Codes are LOINC's, units UCUM's; a status has no LOINC code and
 * carries one of ours. Cadence and what is plausible decide when a reading is missing, and when it cannot be a patient's.
 */
interface KindOf {
  /** For people: a chart's axis, an alert's text. */
  readonly name: string;
  readonly short: string;
}

/** Value: a number in `unit`. */
export interface NumericKind extends KindOf {
  readonly type: 'numeric';
  readonly unit: string;
  /** Outside of this it is no living patient's: the sensor's or the device's fault. */
  readonly plausible: readonly [min: number, max: number];
  /** A monitor of a real ward sends one so often. */
  readonly cadenceS: number;
  /** Nothing for so long is a technical alert: three readings missed at least, and no less than 10 s. */
  readonly noDataAfterS: number;
}

/** Value: one of `values`, or any text where there are none. */
export interface CodedKind extends KindOf {
  readonly type: 'coded';
  readonly values?: readonly string[];
  readonly cadenceS: number;
  /** Undefined: its silence is nobody's alert. */
  readonly noDataAfterS?: number;
}

const MINUTE_S = 60;
const HOUR_S = 3_600;

export const KINDS = {
  '8867-4': numeric('Heart rate', 'HR', '/min', [0, 350], 0.5, 10),
  '59408-5': numeric('Oxygen saturation by pulse oximetry', 'SpO2', '%', [0, 100], 5, 15),
  '9279-1': numeric('Respiratory rate', 'RR', '/min', [0, 120], 1, 10),
  '8480-6': numeric('Systolic blood pressure', 'SBP', 'mm[Hg]', [20, 300], HOUR_S, 3 * HOUR_S + 10 * MINUTE_S),
  '8462-4': numeric('Diastolic blood pressure', 'DBP', 'mm[Hg]', [10, 250], HOUR_S, 3 * HOUR_S + 10 * MINUTE_S),
  '8310-5': numeric('Body temperature', 'Temp', 'Cel', [20, 45], 5 * MINUTE_S, 20 * MINUTE_S),
  '2339-0': numeric('Glucose in blood', 'Glucose', 'mg/dL', [5, 1_500], 2 * MINUTE_S, 10 * MINUTE_S),
  /** LOINC: heart rate rhythm. Each change of rhythm or of signal quality is a reading, and one each second without a change. */
  '8884-9': { type: 'coded', name: 'Heart rhythm (ECG)', short: 'ECG', cadenceS: 1, noDataAfterS: 10 },
  'sleep-status': {
    type: 'coded',
    name: 'Sleep status',
    short: 'Sleep',
    values: ['awake', 'asleep'],
    cadenceS: 2 * MINUTE_S,
  },
  /** ISO/IEEE 11073-10101 events, in words. */
  'device-status': {
    type: 'coded',
    name: 'Device status',
    short: 'Device',
    values: ['ok', 'leads-off', 'sensor-off', 'battery-low', 'fault'],
    cadenceS: MINUTE_S,
  },
} as const satisfies Record<string, NumericKind | CodedKind>;

export type KindCode = keyof typeof KINDS;
export const KIND_CODES = Object.keys(KINDS) as KindCode[];

export type NumericCode = {
  [Code in KindCode]: (typeof KINDS)[Code] extends NumericKind ? Code : never;
}[KindCode];
export const NUMERIC_CODES = KIND_CODES.filter((code): code is NumericCode => KINDS[code].type === 'numeric');

export const HEART_RATE = '8867-4';
export const SPO2 = '59408-5';
export const RESPIRATORY_RATE = '9279-1';
export const SYSTOLIC = '8480-6';
export const DIASTOLIC = '8462-4';
export const TEMPERATURE = '8310-5';
export const GLUCOSE = '2339-0';
export const RHYTHM = '8884-9';
export const SLEEP_STATUS = 'sleep-status';
export const DEVICE_STATUS = 'device-status';

export const isKindCode = (text: string): text is KindCode => Object.hasOwn(KINDS, text);

function numeric(
  name: string,
  short: string,
  unit: string,
  plausible: readonly [number, number],
  cadenceS: number,
  noDataAfterS: number,
): NumericKind {
  return { type: 'numeric', name, short, unit, plausible, cadenceS, noDataAfterS };
}
