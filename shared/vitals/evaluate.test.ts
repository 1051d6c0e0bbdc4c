import { describe, expect, test } from 'vitest';
import { type Arrival, EMPTY_PARTITION, evaluate, type PartitionState } from './evaluate.ts';
import { HEART_RATE, KINDS, type KindCode, RESPIRATORY_RATE, RHYTHM, SLEEP_STATUS, SPO2 } from './kinds.ts';
import { snapshotText, stateOf } from './snapshot.ts';
import { DEFAULT_THRESHOLDS, effective } from './thresholds.ts';
import type { RawReading } from './vitals-message.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SECOND_MS = 1_000;
const THRESHOLDS = effective([DEFAULT_THRESHOLDS]);
const CONTEXT = { thresholdsOf: () => THRESHOLDS, sleepOf: () => undefined };

interface Said extends Partial<RawReading> {
  patientId?: string;
  bed?: string;
  deviceId?: string;
  /** Of the device's clock. */
  aheadMs?: number;
}
const says = (second: number, value: RawReading['value'], said: Said = {}): Arrival => {
  const { patientId = 'p-1', bed = 'bed-01', deviceId = 'mon-1', aheadMs = 0, code = HEART_RATE, ...more } = said;
  const arrivedMs = START_MS + second * SECOND_MS;
  const kind = KINDS[code as KindCode];
  const time = new Date(arrivedMs + aheadMs).toISOString();
  const reading = { code, value, time, ...('unit' in kind && { unit: kind.unit }), ...more };
  return { message: { patientId, ward: 'icu-1', bed, deviceId, readings: [reading] }, arrivedMs };
};
const pulses = (from: number, to: number): Arrival[] =>
  Array.from({ length: to - from }, (_, index) => ({ pulse: true, arrivedMs: START_MS + (from + index) * SECOND_MS }));
const each = (from: number, to: number, make: (second: number) => Arrival[]): Arrival[] =>
  Array.from({ length: to - from }, (_, index) => make(from + index)).flat();

function play(arrivals: readonly Arrival[], from: PartitionState = EMPTY_PARTITION) {
  const { state, events, problems } = evaluate(from, arrivals, CONTEXT);
  const second = (time: string) => (Date.parse(time) - START_MS) / SECOND_MS;
  const told = events.map(({ at, type, condition, priority }) => `${second(at)} ${type} ${condition} ${priority}`);
  return { state, events, told, problems: Object.fromEntries(problems) };
}

describe('a monitor whose clock is wrong', () => {
  test.each([
    ['late', -90_000],
    ['future', 400_000],
  ])('by so much that its readings are %s is told of as one that says nothing that can be used', (problem, aheadMs) => {
    const { told, problems, events } = play(each(0, 30, (second) => [says(second, 10, { aheadMs })]));
    expect(told).toEqual(['10 start no-data/device medium']);
    expect(events[0]?.detail).toEqual({ reason: 'nothing that can be used: is its clock right?' });
    expect(events[0]?.onset).toBe(new Date(START_MS + 10_000).toISOString());
    expect(problems).toEqual({ [problem]: 30 });
  });

  test('put back by four minutes: a value beyond its limit has its delay from then on', () => {
    const before = each(0, 5, (second) => [says(second, 130, { aheadMs: 240_000 })]);
    const after = each(5, 30, (second) => [says(second, 130)]);
    // Until it is believed, nothing newer has come for the kind's limit.
    expect(play([...before, ...after]).told).toEqual([
      '14 start no-data/HR low',
      '15 end no-data/HR low',
      '24 start threshold/HR/high medium',
    ]);
  });
});

describe('time', () => {
  test('that leaps while nobody could write is nobody’s silence', () => {
    const before = each(0, 5, (second) => [says(second, 80)]);
    for (const leapS of [60, 7 * 3_600, -60]) {
      // Where the broker's clock is put back, the device's is ahead of it.
      const aheadMs = leapS < 0 ? -leapS * SECOND_MS : 0;
      const after = each(5 + leapS, 20 + leapS, (second) => [says(second, 80, { aheadMs })]);
      expect(play([...before, ...after]).told).toEqual([]);
    }
  });

  test('goes on after it', () => {
    const { told } = play([...each(0, 5, (second) => [says(second, 80)]), ...pulses(3_600, 3_620)]);
    expect(told).toEqual(
      ['3610 start no-data/device medium'].map(() => expect.stringMatching(/^36\d\d start no-data\/device medium$/)),
    );
  });

  test('of hours ends what is open of a patient, and forgets them', () => {
    const { told, state } = play([says(0, 160), ...pulses(1, 6 * 3_600 + 5)]);
    expect(told.slice(1).map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'start no-data/device medium',
      'end threshold/HR/high high',
      'end no-data/device medium',
    ]);
    expect(state.patients.size).toBe(0);
  });
});

describe('two devices of one patient', () => {
  const other = { deviceId: 'mon-2' };

  test('that contradict each other each have their alert, and neither flaps', () => {
    const { told } = play(each(0, 20, (second) => [says(second, 80), says(second, 160, other)]));
    expect(told).toEqual(['0 start threshold/HR/high@mon-2 high']);
  });

  test('of one that is heard again after a silence, its kinds have their limits’ time anew', () => {
    const { told } = play([
      ...each(0, 3, (second) => [
        says(second, 80),
        says(second, 97, { ...other, code: SPO2 }),
        says(second, 80, other),
      ]),
      ...each(3, 40, (second) => [says(second, 80)]),
      ...each(40, 52, (second) => [says(second, 80), says(second, 80, other)]),
      ...each(52, 56, (second) => [
        says(second, 80),
        says(second, 80, other),
        says(second, 97, { ...other, code: SPO2 }),
      ]),
    ]);
    expect(told).toEqual(['12 start no-data/device@mon-2 medium', '41 end no-data/device@mon-2 medium']);
  });

  test('one with a clock ahead hides nothing of the other', () => {
    const { told } = play(each(0, 20, (second) => [says(second, 80, { aheadMs: 240_000 }), says(second, 20, other)]));
    expect(told).toEqual(['0 start threshold/HR/low@mon-2 high']);
  });

  test('the second takes the place of the first when that is silent', () => {
    const { told, state } = play([
      ...each(0, 3, (second) => [says(second, 160), says(second, 160, other)]),
      ...each(3, 20, (second) => [says(second, 80, other)]),
    ]);
    expect(told).toContain('3 end threshold/HR/high@mon-2 high');
    expect([...state.patients.keys()]).toEqual(['p-1']);
    expect(state.patients.get('p-1')).toMatchObject({ deviceId: 'mon-2', open: {} });
  });
});

test('a patient who is moved: what is open says where they are', () => {
  const { told, events } = play([says(0, 160), says(1, 160, { bed: 'bed-02' }), says(2, 80, { bed: 'bed-02' })]);
  expect(told).toEqual([
    '0 start threshold/HR/high high',
    '1 update threshold/HR/high high',
    '2 end threshold/HR/high high',
  ]);
  expect(events.map(({ bed, sequence }) => [bed, sequence])).toEqual([
    ['bed-01', 1],
    ['bed-02', 2],
    ['bed-02', 3],
  ]);
});

test('a bed has room for four: ids that are made up push each other out, and no other bed’s patient', () => {
  const madeUp = each(0, 20, (second) => [
    says(second, 80, { patientId: `x-${second}`, bed: 'bed-09' }),
    says(second, 80),
  ]);
  const { state } = play([...madeUp, says(20, 20)]);
  expect([...state.patients.keys()]).toEqual(
    ['p-1', 'x-16', 'x-17', 'x-18', 'x-19'].toSorted((a, b) => (a === 'p-1' ? -1 : a < b ? -1 : 1)),
  );
  expect(state.patients.get('p-1')?.open).toHaveProperty(['threshold/HR/low']);
});

test('sleep that was last heard of six minutes ago is not known any more: limits are those of somebody awake', () => {
  const asleep = says(0, 'asleep', { code: SLEEP_STATUS });
  const slow = each(0, 400, (second) => [says(second, 47)]);
  expect(play([asleep, ...slow]).told).toEqual(
    ['361 start threshold/HR/low medium'].map(() => expect.stringMatching(/^3[67]\d start threshold\/HR\/low medium$/)),
  );
});

test('a start without what rules remember ends what is over, and goes on with what is not', () => {
  const before = play([
    ...each(0, 70, (second) => [
      says(second, 112),
      says(second, 22, { code: RESPIRATORY_RATE }),
      says(second, 85, { code: SPO2 }),
    ]),
    says(70, 'VT', { code: RHYTHM }),
    says(70, 160),
  ]);
  const open = Object.keys(before.state.patients.get('p-1')?.open ?? {});
  expect(open.toSorted()).toEqual(['arrhythmia/VT', 'news2/score', 'threshold/HR/high', 'threshold/SpO2/low']);
  const [patient] = stateOf(snapshotText(before.state, '{}')).patients.values();
  if (patient === undefined) throw new Error('there is a patient');
  const amnesic = { ...before.state, patients: new Map([['p-1', { ...patient, memory: {} }]]) };
  const after = play(
    each(71, 90, (second) => [
      says(second, 80),
      says(second, 16, { code: RESPIRATORY_RATE }),
      says(second, 97, { code: SPO2 }),
      says(second, 'N', { code: RHYTHM }),
    ]),
    amnesic,
  );
  expect(after.state.patients.get('p-1')?.open).toEqual({});
  expect(after.told).toHaveLength(open.length);
});

describe('NEWS2', () => {
  const signs = (second: number, hr: number, rr: number): Arrival[] => [
    says(second, 95, { code: SPO2 }),
    says(second, rr, { code: RESPIRATORY_RATE }),
    says(second, hr),
  ];

  test('a score that flickers for a second is told of all the same', () => {
    const history = each(0, 120, (second) => signs(second, second % 20 === 19 ? 90 : 112, 22));
    expect(play(history).told).toEqual([expect.stringMatching(/^6\d start news2\/score medium$/)]);
  });
});
