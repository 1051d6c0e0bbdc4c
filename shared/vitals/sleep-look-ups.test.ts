import { expect, test } from 'vitest';
import { keptTelemetry } from '../testing/telemetry.ts';
import { type Arrival, EMPTY_PARTITION } from './evaluate.ts';
import { newPatient } from './patient-state.ts';
import { createSleepLookUps, type SleepParts } from './sleep-look-ups.ts';

const MINUTE_MS = 60_000;
const place = { ward: 'icu-1', bed: 'b1', deviceId: 'monitor-1' };
const of = (patientId: string, arrivedMs = 1_000): Arrival => ({
  message: { patientId, ...place, readings: [] },
  arrivedMs,
});

function setUp(lastSleep: SleepParts['lastSleep']) {
  const asked: (readonly [string, number])[][] = [];
  let nowMs = 0;
  const lookUp = createSleepLookUps({
    lastSleep(newcomers) {
      asked.push([...newcomers]);
      return lastSleep(newcomers);
    },
    nowMs: () => nowMs,
  });
  const { log } = keptTelemetry();
  const state = {
    ...EMPTY_PARTITION,
    patients: new Map([
      ['known', newPatient({ ...place, patientId: 'known', suffix: '', sleep: undefined, arrivedMs: 0 })],
    ]),
  };
  return {
    asked,
    look: (...arrivals: Arrival[]) => lookUp(state, arrivals, log),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('who is new is asked for once, as of the first reading; again after a minute', async () => {
  const { asked, look, pass } = setUp(async () => new Map([['new', 'asleep']]));
  expect((await look(of('new', 5), of('known'), { pulse: true, arrivedMs: 6 }, of('new', 7))).get('new')).toBe(
    'asleep',
  );
  expect((await look(of('new', 9))).get('new')).toBe('asleep');
  pass(MINUTE_MS);
  await look(of('new', 11));
  expect(asked).toEqual([[['new', 5]], [['new', 11]]]);
});

test('a batch that comes again is judged by what it was judged by, although the database is back', async () => {
  let isAway = true;
  const { asked, look } = setUp(async () => {
    if (isAway) throw new Error('away');
    return new Map([['new', 'asleep']]);
  });
  expect((await look(of('new'))).get('new')).toBeUndefined();
  isAway = false;
  expect((await look(of('new'))).get('new')).toBeUndefined();
  expect(asked).toHaveLength(1);
});

test('what is remembered has a limit: who came first is asked for again', async () => {
  const { asked, look } = setUp(async () => new Map());
  const many = Array.from({ length: 12_000 }, (_, index) => of(`made-up-${index}`));
  expect((await look(...many)).size).toBe(12_000);
  await look(...many.slice(-9_000));
  expect(asked).toHaveLength(1);
  await look(...many.slice(0, 10));
  expect(asked.map((each) => each.length)).toEqual([12_000, 10]);
});
