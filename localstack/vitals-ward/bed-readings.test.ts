import { beforeAll, describe, expect, test } from 'vitest';
import {
  DEVICE_STATUS,
  DIASTOLIC,
  GLUCOSE,
  HEART_RATE,
  KINDS,
  RESPIRATORY_RATE,
  RHYTHM,
  SLEEP_STATUS,
  SPO2,
  SYSTOLIC,
  TEMPERATURE,
} from '../../shared/vitals/kinds.ts';
import { type RawReading, vitalsMessageSchema } from '../../shared/vitals/vitals-message.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';
import { bedReadings, vitalsMessage, type WardRun } from './bed-readings.ts';
import { type WardPatient, type WardRecordings, wardPatients } from './patients.ts';
import { readWardRecordings } from './read-recordings.ts';
import { isSent, timetable } from './timetable.ts';

const BEDS = 500;
const SEED = 7;
const STEPS_PER_S = 4;
const HOUR_STEPS = 3_600 * STEPS_PER_S;
/** Beds have said all they can measure by then. */
const SETTLED_S = 60;
const BURST_AT_S = 2 * 3_600;
const START_MS = Date.UTC(2026, 0, 31, 12);
/** 500 × (2 + 1 + 1 + 1/5 + 2/120 + 1/300 + 1/60): HR, RR, rhythm, SpO2, glucose and sleep, temperature, device status. */
const READINGS_PER_S = 2_118;

let recordings: WardRecordings;
let patients: WardPatient[];
beforeAll(async () => {
  recordings = await readWardRecordings(await findRecordings([BUNDLED_RECORDINGS]), BEDS);
  patients = wardPatients({ recordings, beds: BEDS, seed: SEED });
});

const runAt = (rate: number, seed = SEED): WardRun => ({
  plan: timetable({ beds: BEDS, rate, burstAtS: BURST_AT_S }),
  seed,
  startMs: START_MS,
});
const patient = (index: number) => patients[index] ?? expect.fail(`no patient ${index}`);

function* readingsOf(run: WardRun, index: number, fromStep: number, toStep: number): Generator<RawReading> {
  for (let step = fromStep; step < toStep; step += 1) {
    if (isSent(run.plan, step)) yield* bedReadings(run, patient(index), step);
  }
}

function countsOf(readings: Iterable<RawReading>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of readings) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

describe('in an hour a bed sends', () => {
  const hour = { [HEART_RATE]: 7_200, [RESPIRATORY_RATE]: 3_600, [SPO2]: 720, [DEVICE_STATUS]: 60 };
  const slow = { [GLUCOSE]: 30, [SLEEP_STATUS]: 30, [TEMPERATURE]: 12 };

  test.each([0, 7, 250, 499])('what a monitor of a real ward does: bed %d', (index) => {
    const from = SETTLED_S * STEPS_PER_S;
    const { [RHYTHM]: rhythm = 0, ...counts } = countsOf(readingsOf(runAt(1), index, from, from + HOUR_STEPS));
    expect(counts).toEqual({ ...hour, ...slow });
    expect(rhythm, 'each second, and each change').toBeGreaterThanOrEqual(3_595);
    expect(rhythm).toBeLessThan(4_500);
  });

  test('all of it twice as often at twice the rate', () => {
    const from = SETTLED_S * 2 * STEPS_PER_S;
    const readings = [...readingsOf(runAt(2), 7, from, from + HOUR_STEPS)];
    expect(countsOf(readings)).toMatchObject({ ...hour, ...slow });
    const times = readings.map(({ time }) => Date.parse(time));
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1_800_000);
  });

  test.each([0, 7, 250, 499])(
    'with the burst its blood pressure once, and all else twice as often: bed %d',
    (index) => {
      const [from, to] = [BURST_AT_S * STEPS_PER_S, (BURST_AT_S + 60) * STEPS_PER_S];
      const counts = countsOf(readingsOf(runAt(1), index, from, to));
      expect(counts).toMatchObject({ [HEART_RATE]: 240, [RESPIRATORY_RATE]: 120, [SPO2]: 24, [DEVICE_STATUS]: 2 });
      expect(counts).toMatchObject({ [SYSTOLIC]: 1, [DIASTOLIC]: 1 });
      const around = countsOf(readingsOf(runAt(1), index, from - HOUR_STEPS / 2, from + HOUR_STEPS / 2));
      expect(around).toMatchObject({ [SYSTOLIC]: 1, [DIASTOLIC]: 1, [HEART_RATE]: 7_200 + 120 });
    },
  );
});

/** Readings of all beds in each of some seconds. */
function perSecond(fromS: number, seconds: number): number[] {
  const run = runAt(1);
  const counts = Array.from({ length: seconds }, () => 0);
  for (const { index } of patients) {
    for (const { time } of readingsOf(run, index, (fromS - 1) * STEPS_PER_S, (fromS + seconds) * STEPS_PER_S)) {
      const second = Math.floor((Date.parse(time) - START_MS) / 1_000) - fromS;
      if (counts[second] !== undefined) counts[second] += 1;
    }
  }
  return counts;
}

test('500 beds send evenly, and twice as much in the burst', () => {
  for (const count of perSecond(SETTLED_S, 12)) expect(Math.abs(count / READINGS_PER_S - 1)).toBeLessThan(0.12);
  for (const count of perSecond(BURST_AT_S + 2, 12)) expect(Math.abs(count / READINGS_PER_S - 2)).toBeLessThan(0.2);
});

test('half a minute after the start every bed has said all it can measure', () => {
  for (const { index } of patients) {
    const seen = new Set(Object.keys(countsOf(readingsOf(runAt(1), index, 0, 30 * STEPS_PER_S))));
    expect([...seen].sort(), `bed ${index}`).toEqual(Object.keys(KINDS).sort());
  }
});

test('the same run twice is the same; another seed is another', () => {
  const all = (run: WardRun) => [...readingsOf(run, 33, 0, 600 * STEPS_PER_S)];
  expect(all(runAt(1))).toEqual(all(runAt(1)));
  expect(all(runAt(1))).not.toEqual(all(runAt(1, SEED + 1)));
  const others = wardPatients({ recordings, beds: BEDS, seed: SEED + 1 });
  expect(others[33]?.fromRow).not.toBe(patient(33).fromRow);
});

test('no two beds play the same: another recording, or another place in it', () => {
  const places = patients.map(
    ({ rows, fromRow }) => `${recordings.numerics.findIndex((one) => one.rows === rows)} ${fromRow}`,
  );
  expect(new Set(places).size).toBe(BEDS);
  const rhythms = new Set(patients.map(({ rhythm, rhythmFromMs }) => `${rhythm.loopMs} ${rhythmFromMs}`));
  expect(rhythms.size).toBe(BEDS);
});

test('made up is what no recording has, and only that; all of it is plausible, and a message as devices send it', () => {
  const simulated = new Set<string>();
  const recorded = new Set<string>();
  for (const index of [0, 18, 77, 499]) {
    const readings = [...readingsOf(runAt(1), index, 0, HOUR_STEPS)];
    for (const { code, value, simulated: isMadeUp } of readings) {
      (isMadeUp ? simulated : recorded).add(code);
      const kind = Object.entries(KINDS).find(([known]) => known === code)?.[1];
      if (kind?.type !== 'numeric' || typeof value !== 'number') continue;
      expect(value).toBeGreaterThanOrEqual(kind.plausible[0]);
      expect(value).toBeLessThanOrEqual(kind.plausible[1]);
    }
    expect(vitalsMessageSchema.safeParse(vitalsMessage(patient(index), readings.slice(0, 20))).error).toBeUndefined();
  }
  expect([...simulated].sort()).toEqual(
    [TEMPERATURE, GLUCOSE, SYSTOLIC, DIASTOLIC, SLEEP_STATUS, DEVICE_STATUS].sort(),
  );
  expect([...recorded].sort()).toEqual([HEART_RATE, RESPIRATORY_RATE, SPO2, RHYTHM].sort());
});

test('a bed plays its recording’s seconds in order, over its end and on from its start, and no change of rhythm twice', () => {
  const index = 4;
  const { rows, fromRow, rhythm } = patient(index);
  const seconds = rows.length + 10;
  const rates = [...readingsOf(runAt(1), index, 0, seconds * STEPS_PER_S)].filter(({ code }) => code === HEART_RATE);
  const played = Array.from(
    { length: seconds * 2 },
    (_, tick) => rows[(fromRow + Math.floor(tick / 2)) % rows.length]?.HR,
  );
  expect(rates.map(({ value }) => value)).toEqual(played);

  const rounds = 3;
  const steps = Math.ceil((rounds * rhythm.loopMs) / 1_000) * STEPS_PER_S;
  const states = [...readingsOf(runAt(1), index, 0, steps)].filter(({ code }) => code === RHYTHM);
  const stateOf = ({ value, validity }: RawReading) => `${value} ${validity}`;
  const changed = states.filter((one, at) => at > 0 && stateOf(one) !== stateOf(states[at - 1] ?? one));
  expect(changed.length).toBeGreaterThanOrEqual(rounds * (rhythm.changes.length - 1) - 1);
  expect(changed.length).toBeLessThanOrEqual(rounds * rhythm.changes.length + 1);
  const times = states.map(({ time }) => Date.parse(time));
  for (const [at, time] of times.entries()) {
    if (at > 0) expect(time - (times[at - 1] ?? 0), `rhythm after ${time}`).toBeLessThanOrEqual(1_500);
  }
});

test('wards and beds have the names of the hospital, and share the beds evenly', () => {
  expect(patients[499]).toMatchObject({
    ward: 'icu-25',
    bed: 'bed-20',
    patientId: 'vw-0500',
    deviceId: 'mon-icu-25-bed-20',
    topic: 'hl/icu-25/bed-20/vw-0500/vitals',
  });
  const uneven = wardPatients({ recordings, beds: 9, wards: 6, seed: SEED });
  expect(uneven.map(({ ward, bed }) => `${ward}/${bed}`)).toEqual([
    'icu-1/bed-01',
    'icu-1/bed-02',
    'icu-2/bed-01',
    'icu-3/bed-01',
    'icu-3/bed-02',
    'icu-4/bed-01',
    'icu-5/bed-01',
    'icu-5/bed-02',
    'icu-6/bed-01',
  ]);
  expect(() => wardPatients({ recordings, beds: 2, wards: 3, seed: SEED })).toThrow('3 wards have 2 beds');
  const none = { numerics: recordings.numerics, arrhythmia: [] };
  expect(() => wardPatients({ recordings: none, beds: 2, seed: SEED })).toThrow('no recording of arrhythmia');
});
