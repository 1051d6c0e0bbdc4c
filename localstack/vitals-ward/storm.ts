import { PermanentError } from '../../shared/errors.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import { bedReadings, vitalsMessage, type WardRun } from './bed-readings.ts';
import type { WardPatient } from './patients.ts';
import { isoTime } from './reading.ts';

/** One device that sends as much as a hundred. */
export interface Storm {
  /** `icu-1/bed-03` */
  readonly bed: string;
  readonly fromS: number;
  readonly seconds: number;
}

const MESSAGES_PER_S = 200;
const MS_PER_S = 1_000;

/** Of eight messages in a row: four good ones, two copies of the one before, one with impossible readings, one that is none. */
const PATTERN = ['good', 'good', 'copy', 'good', 'unlikely', 'good', 'copy', 'garbage'] as const;

const FAR_AHEAD_MS = 86_400_000;
const TOO_MANY_READINGS = 101;

/** @throws PermanentError `argument`: there is no such bed */
export function stormingPatient(patients: readonly WardPatient[], storm: Storm): WardPatient {
  const found = patients.find(({ ward, bed }) => `${ward}/${bed}` === storm.bed);
  if (found) return found;
  const [first, last] = [patients[0], patients.at(-1)];
  const known = first && last ? `${first.ward}/${first.bed} to ${last.ward}/${last.bed}` : 'none';
  throw new PermanentError('argument', `--storm ${storm.bed}: there is no such bed, beds are ${known}`);
}

/** How many messages of the storm have been sent so many milliseconds after the start. */
export function stormMessages({ fromS, seconds }: Storm, sinceStartMs: number): number {
  const sinceS = Math.min(sinceStartMs / MS_PER_S - fromS, seconds);
  return Math.max(0, Math.floor(sinceS * MESSAGES_PER_S));
}

/** The payload of the storm's message of this number, from 0: what the bed would send then, or what a broken device makes of it. */
export function stormPayload(run: WardRun, patient: WardPatient, storm: Storm, number: number): string {
  const what = PATTERN[number % PATTERN.length];
  if (what === 'copy') return stormPayload(run, patient, storm, number - 1);
  const atMs = storm.fromS * MS_PER_S + (number * MS_PER_S) / MESSAGES_PER_S;
  // A bed sends at even steps.
  const step = 2 * Math.floor(atMs / run.plan.stepMs / 2);
  const time = isoTime(run.startMs + atMs);
  const readings = bedReadings(run, patient, step).map((reading) => ({ ...reading, time }));
  const message = vitalsMessage(patient, readings);
  if (what === 'unlikely') return JSON.stringify({ ...message, readings: unlikely(time) });
  if (what === 'garbage') return garbage(message, Math.floor(number / PATTERN.length));
  return JSON.stringify(message);
}

/** Values that no patient has, kinds that nobody knows, times to come. */
function unlikely(time: string) {
  const ahead = isoTime(Date.parse(time) + FAR_AHEAD_MS);
  return [
    { code: '8867-4', value: 9_999, unit: '/min', time },
    { code: '8867-4', value: 'fast', unit: '/min', time },
    { code: '59408-5', value: 97, unit: '%', time: ahead },
    { code: '59408-5', value: 97, unit: '%', time: 'today' },
    { code: '9279-1', value: -5, unit: '/min', time },
    { code: '8310-5', value: 98.6, unit: '[degF]', time },
    { code: 'no-such-code', value: 1, time },
  ];
}

/** In turn: cut off, no JSON, another shape, another patient, too many readings, none. */
function garbage(message: VitalsMessage, turn: number): string {
  const text = JSON.stringify(message);
  const { readings, ...who } = message;
  const choices = [
    text.slice(0, text.length / 2),
    '\u0000 not json',
    '[]',
    JSON.stringify({ ...message, patientId: `${message.patientId}-other` }),
    JSON.stringify({ ...who, readings: Array.from({ length: TOO_MANY_READINGS }, () => readings[0]) }),
    JSON.stringify({ ...who, readings: [] }),
  ];
  return choices[turn % choices.length] ?? '';
}
