import { expect, test } from 'vitest';
import { naiveAlarms } from './naive.ts';
import type { Stay } from './stay.ts';
import { at, beats, numerics, times } from './testing/stays.ts';

const told = (stay: Stay) =>
  naiveAlarms(stay).map(({ condition, toldMs, endMs }) => [
    condition,
    (toldMs - at(0)) / 1_000,
    (endMs - at(0)) / 1_000,
  ]);

test('a value beyond its limit is an alert at once, each time anew', () => {
  const HR = [120, 121, 120, 121, 49, 50].map((value) => ({ HR: value }));
  expect(told(numerics(HR))).toEqual([
    ['threshold/HR/high', 1, 2],
    ['threshold/HR/high', 3, 4],
    ['threshold/HR/low', 4, 5],
  ]);
});

test('no value is an alert for as long as there is none; what is on at the end has no end', () => {
  expect(told(numerics([{}, { SpO2: null }, { SpO2: null }, {}, { RESP: null, SpO2: 89 }]))).toEqual([
    ['no-data/SpO2', 1, 3],
    ['no-data/RR', 4, Number.POSITIVE_INFINITY],
    ['threshold/SpO2/low', 4, Number.POSITIVE_INFINITY],
  ]);
});

test('each run of a rhythm that counts is one, its signal good or bad', () => {
  const rows = beats([
    [0, 'N'],
    [1, 'VT', 'bad'],
    [2, 'VT'],
    [3, 'N'],
    [4, 'SVTA', 'bad'],
    [5, 'AVB'],
    [6, null],
    [7, 'Noise'],
  ]);
  expect(told(rows).filter(([condition]) => condition !== 'no-data/HR')).toEqual([
    ['arrhythmia/VT', 1, 3],
    ['arrhythmia/SVTA', 4, 5],
    ['arrhythmia/AVB', 5, 6],
    ['no-data/ECG', 6, 7],
  ]);
});

test('a patient who is well has none', () => {
  expect(told(numerics(times(60, {})))).toEqual([]);
});
