import { describe, expect, test } from 'vitest';
import { HEART_RATE, SPO2 } from './kinds.ts';
import { DEFAULT_THRESHOLDS, effective, limitFor, thresholdsSchema } from './thresholds.ts';

const faultsOf = (limits: object) =>
  thresholdsSchema.safeParse({ limits }).error?.issues.map(({ message }) => message) ?? [];

describe('thresholds that contradict themselves', () => {
  test.each([
    [{ low: 100, high: 60 }, 'low 100 is not below high 60'],
    [{ low: 60, high: 60 }, 'low 60 is not below high 60'],
    [{ low: 50, severeLow: 60 }, 'severeLow 60 is not below low 50'],
    [{ high: 120, severeHigh: 110 }, 'severeHigh 110 is not above high 120'],
    [{ severeLow: 150, severeHigh: 40 }, 'severeLow 150 is not below severeHigh 40'],
    [{ low: 60, high: 70, hysteresis: 6 }, 'hysteresis 6 leaves no value that ends an alert below 60'],
    [{ low: 345, hysteresis: 6 }, 'hysteresis 6 leaves no value that ends an alert below 345'],
    [{ severeLow: 60, severeHigh: 100, hysteresis: 30 }, 'hysteresis 30 leaves no value that ends an alert below 60'],
    [{ high: 5, hysteresis: 6 }, 'hysteresis 6 leaves no value that ends an alert above 5'],
    [{ high: 400 }, 'high 400 is outside of 0 to 350'],
    [{ delayS: 5 }, 'it has no limit'],
  ])('%j are refused', (limit, message) => {
    expect(faultsOf({ [HEART_RATE]: [limit] }).join('\n')).toContain(message);
  });

  test('so are two for one state of sleep, unknown kinds, and what is no number', () => {
    expect(faultsOf({ [HEART_RATE]: [{ low: 40 }, { low: 50 }] })).toEqual(['two limits for the same state of sleep']);
    expect(faultsOf({ '8884-9': [{ low: 1 }] })).not.toEqual([]);
    expect(faultsOf({ [HEART_RATE]: [{ low: Number.NaN }] })).not.toEqual([]);
    expect(faultsOf({ [HEART_RATE]: [{ lower: 40 }] })).not.toEqual([]);
  });
});

test('a narrower scope replaces a kind as a whole, and leaves the others', () => {
  const patient = thresholdsSchema.parse({ limits: { [HEART_RATE]: [{ high: 140 }] }, news2: { spo2Scale: 2 } });
  const both = effective([DEFAULT_THRESHOLDS, patient]);
  expect(both.limits[HEART_RATE]).toEqual([
    { when: 'always', high: 140, delayS: 0, hysteresis: 0, priority: 'medium' },
  ]);
  expect(both.limits[SPO2]).toBe(DEFAULT_THRESHOLDS.limits[SPO2]);
  expect(both.news2).toEqual({ enabled: true, spo2Scale: 2, supplementalOxygen: false });
});

test('the limit of the state of sleep goes before that of any state, and unknown is awake', () => {
  const list = thresholdsSchema.parse({ limits: { [HEART_RATE]: [{ low: 50 }, { when: 'asleep', low: 45 }] } }).limits[
    HEART_RATE
  ];
  expect([limitFor(list, 'asleep')?.low, limitFor(list, 'awake')?.low, limitFor(list, undefined)?.low]).toEqual([
    45, 50, 50,
  ]);
  expect(limitFor(undefined, 'awake')).toBeUndefined();
});
