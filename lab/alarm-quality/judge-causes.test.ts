import { describe, expect, test } from 'vitest';
import type { Alarm } from './alarm.ts';
import type { Cause } from './causes.ts';
import { judgeCauses } from './judge-causes.ts';

const cause = (of: Partial<Cause>): Cause => ({
  cause: 'sustained',
  condition: 'threshold/HR/high',
  onsetMs: 100,
  lastMs: 200,
  allowedMs: 10,
  ...of,
});
const alarm = (fromMs: number, toMs: number, of: Partial<Alarm> = {}): Alarm => ({
  alertId: `${fromMs}`,
  rule: 'threshold',
  condition: 'threshold/HR/high',
  category: 'physiological',
  priority: 'medium',
  onsetMs: fromMs,
  toldMs: fromMs,
  endMs: toMs,
  high: [],
  ...of,
});
const verdictOf = (one: Cause, ...alarms: Alarm[]) => {
  const [judged] = judgeCauses([one], alarms);
  return [judged?.verdict, judged?.delayMs];
};

describe('a state', () => {
  test.each<[string, Alarm[], unknown[]]>([
    ['in time', [alarm(110, 201)], ['alerted', 10]],
    ['open since before', [alarm(50, 201)], ['alerted', 0]],
    ['too late', [alarm(111, 201)], ['late', 11]],
    ['by none', [], ['missed', undefined]],
    ['by one that was over before', [alarm(50, 100)], ['missed', undefined]],
    ['by one that is over too soon', [alarm(100, 200)], ['missed', undefined]],
    ['by one of another condition', [alarm(100, 300, { condition: 'threshold/HR/low' })], ['missed', undefined]],
    ['by two at a time', [alarm(100, 300), alarm(100, 300)], ['twice', 0]],
    ['by two in turn', [alarm(100, 150), alarm(150, 300)], ['twice', 0]],
  ])('told %s', (_, alarms, judged) => {
    expect(verdictOf(cause({}), ...alarms)).toEqual(judged);
  });
});

describe('a severe value', () => {
  const severe = cause({ cause: 'severe' });
  const high = (...spans: [number, number][]) =>
    alarm(50, 300, { high: spans.map(([fromMs, toMs]) => ({ fromMs, toMs })) });
  test('needs high priority, all the time', () => {
    expect(verdictOf(severe, high([100, 250]))).toEqual(['alerted', 0]);
    expect(verdictOf(severe, high([120, 250]))).toEqual(['late', 20]);
    expect(verdictOf(severe, high())).toEqual(['missed', undefined]);
    expect(verdictOf(severe, high([100, 180]))).toEqual(['missed', undefined]);
    expect(verdictOf(severe, high([100, 130], [160, 250]))).toEqual(['missed', undefined]);
  });
});

describe('a gap', () => {
  const gap = cause({ cause: 'gap', condition: 'no-data/HR' });
  const silent = (fromMs: number, toMs: number, what: 'HR' | 'device') =>
    alarm(fromMs, toMs, { condition: `no-data/${what}` });
  test('may be told by the alert of a monitor that is silent, and end with it', () => {
    expect(verdictOf(gap, silent(105, 200, 'HR'))).toEqual(['alerted', 5]);
    expect(verdictOf(gap, silent(105, 200, 'device'))).toEqual(['alerted', 5]);
    expect(verdictOf(gap, silent(105, 200, 'device'), silent(108, 220, 'HR'))).toEqual(['alerted', 5]);
    expect(verdictOf(gap, silent(105, 150, 'HR'), silent(170, 200, 'HR'))).toEqual(['alerted', 5]);
    expect(verdictOf(gap, silent(105, 200, 'HR'), silent(105, 200, 'HR'))).toEqual(['twice', 5]);
    expect(verdictOf(gap, silent(105, 150, 'HR'))).toEqual(['missed', undefined]);
  });
});

describe('an episode', () => {
  const episode = cause({ cause: 'episode', condition: 'arrhythmia/VT' });
  const vt = (onsetMs: number, toldMs = onsetMs) =>
    alarm(onsetMs, Number.POSITIVE_INFINITY, { condition: 'arrhythmia/VT', toldMs });
  test('is told by one that begins in it', () => {
    expect(verdictOf(episode, vt(100, 110))).toEqual(['alerted', 10]);
    expect(verdictOf(episode, vt(100, 111))).toEqual(['late', 11]);
    expect(verdictOf(episode, vt(99))).toEqual(['missed', undefined]);
    expect(verdictOf(episode, vt(100), vt(150))).toEqual(['twice', 0]);
  });
});
