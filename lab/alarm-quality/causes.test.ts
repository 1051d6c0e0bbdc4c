import { describe, expect, test } from 'vitest';
import { causesOf } from './causes.ts';
import type { Stay } from './stay.ts';
import { at, beats, numerics, times } from './testing/stays.ts';

/** Cause, condition, first and last second. */
const found = (stay: Stay) =>
  causesOf(stay).map(({ cause, condition, onsetMs, lastMs }) => [
    cause,
    condition,
    (onsetMs - at(0)) / 1_000,
    (lastMs - at(0)) / 1_000,
  ]);
const ofHeart = (values: readonly (number | null)[]) =>
  found(numerics(values.map((HR) => ({ HR })))).filter(([, condition]) => String(condition).includes('HR'));

describe('of values', () => {
  test('severe ones count from the first, others once they have lasted for the delay', () => {
    expect(ofHeart([80, 151, 80])).toEqual([['severe', 'threshold/HR/high', 1, 1]]);
    expect(ofHeart([80, ...times(10, 121), 80])).toEqual([]);
    expect(ofHeart([80, ...times(11, 121), 80])).toEqual([['sustained', 'threshold/HR/high', 1, 11]]);
    expect(ofHeart([...times(11, 45), 39, 40])).toEqual([
      ['severe', 'threshold/HR/low', 11, 11],
      ['sustained', 'threshold/HR/low', 0, 12],
    ]);
  });

  test('at its limit a value is within', () => {
    expect(ofHeart(times(20, 120))).toEqual([]);
    expect(ofHeart(times(20, 50))).toEqual([]);
    expect(ofHeart([150, 40])).toEqual([]);
  });

  test('another value, or none, between them ends a run', () => {
    expect(ofHeart([...times(8, 121), 120, ...times(8, 121)])).toEqual([]);
    expect(ofHeart([...times(8, 121), null, ...times(8, 121)])).toEqual([]);
    expect(ofHeart([151, null, 151])).toEqual([
      ['severe', 'threshold/HR/high', 0, 0],
      ['severe', 'threshold/HR/high', 2, 2],
    ]);
  });

  test('what no patient can have is no value', () => {
    expect(ofHeart([80, 351, 80])).toEqual([]);
  });
});

describe('of what is missing', () => {
  test('a gap as long as the limit, up to the next value or the end', () => {
    expect(ofHeart([80, ...times(8, null), 80])).toEqual([]);
    expect(ofHeart([80, ...times(9, null), 80])).toEqual([['gap', 'no-data/HR', 0, 10]]);
    expect(ofHeart([80, ...times(12, null)])).toEqual([['gap', 'no-data/HR', 0, 12]]);
    expect(ofHeart([...times(12, null), 80])).toEqual([['gap', 'no-data/HR', 0, 12]]);
  });
});

describe('of rhythm', () => {
  const episodes = (stay: Stay) => found(stay).filter(([cause]) => cause === 'episode');
  test('a run counts from its first good row to the row of another rhythm', () => {
    const rows = beats([
      [0, 'N'],
      [1.1, 'VT', 'bad'],
      [1.5, 'VT'],
      [2.2, 'VT', 'bad'],
      [3, 'N'],
      [4, 'VT', 'bad'],
      [5, 'SVTA'],
    ]);
    expect(episodes(rows)).toEqual([
      ['episode', 'arrhythmia/VT', 1.5, 3],
      ['episode', 'arrhythmia/SVTA', 5, 5],
    ]);
  });
});
