import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readArrhythmiaRecording } from './arrhythmia-recording.ts';
import { readNumericsRecording } from './numerics-recording.ts';
import { type StayMoment, stayEnd, stayMoments } from './stay-moments.ts';
import { annotationFile, numericsFile } from './testing/recording-files.ts';

const START_SECOND = 1000.25;

describe.each([4158, 2397, 1626, 2453])('case %i', (id) => {
  const recordings = async () => ({
    arrhythmia: await readArrhythmiaRecording(annotationFile(id)),
    numerics: await readNumericsRecording(numericsFile('49')),
  });

  test('moments come in order of time, within the stay', async () => {
    const played = await recordings();
    const times = [...stayMoments(played, START_SECOND, 0)].map(({ atSecond }) => atSecond);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(START_SECOND);
    expect(times.at(-1)).toBeLessThan(stayEnd(played, START_SECOND));
  });

  test('an alert knows only the past: without the rows after its onset it is the same', async () => {
    const { arrhythmia } = await recordings();
    const all = [...stayMoments({ arrhythmia, numerics: undefined }, START_SECOND, 0)];
    for (const [index, moment] of all.entries()) {
      if (moment.kind !== 'episode') continue;
      const past = { ...arrhythmia, rows: arrhythmia.rows.slice(0, moment.episode.onsetRow + 1) };
      expect([...stayMoments({ arrhythmia: past, numerics: undefined }, START_SECOND, 0)][index]).toEqual(moment);
    }
  });

  test('from any second on, the moments are the same as without the start left out', async () => {
    const played = await recordings();
    const all = [...stayMoments(played, START_SECOND, 0)];
    const from = (second: number): StayMoment[] => [...stayMoments(played, START_SECOND, second)];
    fc.assert(
      fc.property(fc.integer({ min: 900, max: 2300 }), (second) => {
        expect(from(second)).toEqual(all.filter(({ atSecond }) => atSecond >= second));
      }),
      { numRuns: 10 },
    );
  });
});
