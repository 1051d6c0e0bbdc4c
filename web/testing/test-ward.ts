import { type AlertItem, stationTopic, type WardSnapshot } from '../../shared/alert-desk/alert-item.ts';
import { KINDS, type NumericCode } from '../../shared/vitals/kinds.ts';
import type { RawReading, VitalsMessage } from '../../shared/vitals/vitals-message.ts';

export const bedName = (index: number): string => `b${String(index + 1).padStart(2, '0')}`;
export const patientName = (index: number): string => `patient-${1000 + index * 37}`;

/** What an adult's signs lie around, and how far from it each bed's and each second's are. */
const USUAL: Readonly<Record<string, readonly [middle: number, between: number, within: number]>> = {
  '8867-4': [78, 24, 6],
  '59408-5': [96, 4, 1.5],
  '9279-1': [16, 6, 3],
  '8480-6': [124, 36, 2],
  '8462-4': [72, 18, 2],
  '8310-5': [37, 1.2, 0.05],
};

/** The same for the same bed and second. */
const wave = (index: number, second: number) =>
  Math.sin(second / 61 + index) * 0.5 + Math.sin(second / 23 + index * 5) * 0.3;
const own = (index: number, salt: number) => Math.sin(index * 12.9898 + salt * 78.233) / 2;

function usualValue(code: NumericCode, index: number, second: number): number {
  const [middle, between, within] = USUAL[code] ?? [100, 0, 0];
  const value = middle + own(index, middle) * between + wave(index, second) * within;
  const [least, most] = KINDS[code].plausible;
  return Math.round(Math.min(most, Math.max(least, value)) * 10) / 10;
}

interface Told {
  readonly codes?: readonly NumericCode[];
  /** In place of the usual ones. */
  readonly readings?: readonly Partial<RawReading>[];
  readonly patientId?: string;
}

const LIVE = ['8867-4', '59408-5', '9279-1', '8480-6', '8462-4', '8310-5'] as const satisfies NumericCode[];

/** What a bed's monitor says now. */
export function vitalsOf(
  ward: string,
  index: number,
  { codes = LIVE, readings, patientId = patientName(index) }: Told = {},
): VitalsMessage {
  const time = new Date().toISOString();
  const second = Date.now() / 1_000;
  const usual = codes.map((code) => {
    const decimals = code === '8310-5' ? 1 : 0;
    return { code, value: Number(usualValue(code, index, second).toFixed(decimals)), unit: KINDS[code].unit, time };
  });
  const said = readings?.map((one) => ({ code: '', value: null, time, ...one }));
  const bed = bedName(index);
  return { patientId, ward, bed, deviceId: `monitor-${bed}`, readings: said ?? usual };
}

export const vitalsTopic = ({ ward, bed, patientId }: VitalsMessage): string => `hl/${ward}/${bed}/${patientId}/vitals`;

let lastAlert = 0;

/** An alert as the desk would have it: new, loud, asked of the nurse. */
export function alertOf(ward: string, index: number, of: Partial<AlertItem> = {}): AlertItem {
  lastAlert += 1;
  const now = new Date().toISOString();
  const tail = String(lastAlert).padStart(12, '0');
  return {
    alertId: `00000000-0000-4000-8000-${tail}`,
    version: 1,
    patientId: patientName(index),
    ward,
    bed: bedName(index),
    deviceId: `monitor-${bedName(index)}`,
    rule: 'threshold',
    condition: 'threshold/HR/low',
    category: 'physiological',
    kind: '8867-4',
    priority: 'high',
    phase: 'active',
    status: 'active',
    rings: true,
    at: now,
    onset: now,
    openedAt: now,
    updatedAt: now,
    detail: { value: 34, limit: 50, severe: 40 },
    asked: { role: 'nurse', id: null },
    answerBy: new Date(Date.now() + 60_000).toISOString(),
    acknowledgedUntil: null,
    silencedUntil: null,
    owner: null,
    inhibitedBy: null,
    isLatched: true,
    closeAt: null,
    ...of,
  };
}

export const snapshotOf = (ward: string, revision: number, alerts: readonly AlertItem[]): WardSnapshot => ({
  ward,
  revision,
  at: new Date().toISOString(),
  alerts: [...alerts],
});

export const alertsTopic = (ward: string): string => stationTopic(ward, 'alerts');
export const heartbeatTopic = (ward: string): string => stationTopic(ward, 'heartbeat');
