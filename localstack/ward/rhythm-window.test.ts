import { expect, test } from 'vitest';
import type { BeatRow } from './arrhythmia-recording.ts';
import { advanceWindow, type RhythmWindow, rhythmEvidence } from './rhythm-window.ts';

function evidenceAt(seconds: readonly number[], change: Readonly<Record<number, Partial<BeatRow>>> = {}) {
  const rows = seconds.map((second, index) => ({
    second,
    beatType: 'N',
    rhythm: 'N',
    badSignal: false,
    ...change[index],
  }));
  return rhythmEvidence(rows.reduce<RhythmWindow>(advanceWindow, []));
}

test('no beat and one beat give no rate', () => {
  const none = { heartRateBpm: null, rrMs: [], badSignalQuality: false };
  expect(evidenceAt([])).toEqual(none);
  expect(evidenceAt([3])).toEqual(none);
});

test('the rate is the mean over the last eight intervals, with one decimal', () => {
  expect(evidenceAt([0, 0.5, 1.2])).toEqual({ heartRateBpm: 100, rrMs: [500, 700], badSignalQuality: false });
  const nine = [0, 4, 5, 5.9, 6.8, 7.7, 8.6, 9.5, 10.4, 11.3];
  expect(evidenceAt(nine)).toEqual({
    heartRateBpm: 65.8,
    rrMs: [1000, 900, 900, 900, 900, 900, 900, 900],
    badSignalQuality: false,
  });
});

test('a gap in the recording starts anew, a pause of a block does not', () => {
  expect(evidenceAt([0, 0.8, 20, 20.6]).rrMs).toEqual([600]);
  expect(evidenceAt([0, 0.8, 5.7]).rrMs).toEqual([800, 4900]);
});

test('two beats at one time are one; a mark that is no beat is left out', () => {
  expect(evidenceAt([0, 0, 1]).rrMs).toEqual([1000]);
  expect(evidenceAt([0, 0.3, 1], { 1: { beatType: null } }).rrMs).toEqual([1000]);
  expect(evidenceAt([0, 0.3, 1], { 1: { beatType: 'Start' } }).rrMs).toEqual([1000]);
});

test('a flagged beat behind the figures shows', () => {
  expect(evidenceAt([0, 1, 2], { 1: { badSignal: true } }).badSignalQuality).toBe(true);
});
