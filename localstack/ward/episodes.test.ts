import { expect, test } from 'vitest';
import { readArrhythmiaRecording } from './arrhythmia-recording.ts';
import { type Episode, episodesOf, runsOf } from './episodes.ts';
import { episodeEventId } from './event-id.ts';
import { findRecordings } from './find-recordings.ts';
import { BUNDLED_RECORDINGS } from './folders.ts';
import { annotationFile } from './testing/recording-files.ts';

async function episodesOfCase(id: number): Promise<Episode[]> {
  return episodesOf((await readArrhythmiaRecording(annotationFile(id))).rows);
}

test('a run flagged throughout is no episode (case 1063), a partly flagged one is', async () => {
  const { rows } = await readArrhythmiaRecording(annotationFile(1063));
  expect(runsOf(rows).map(({ label, from, to }) => [label, to - from])).toEqual([['VT', 3]]);
  expect(episodesOf(rows)).toEqual([]);
  // 20 of the 21 rows of this run are flagged, all but its first.
  expect(await episodesOfCase(6354)).toEqual([{ label: 'VT', onsetRow: 445, onsetSecond: 4735.908333333334 }]);
});

test('an onset comes after the flagged start of its run', async () => {
  const row = { beatType: 'V', rhythm: 'VT' };
  const rows = [
    { ...row, second: 1, badSignal: true },
    { ...row, second: 2, badSignal: false },
    { ...row, second: 3, badSignal: false },
  ];
  expect(episodesOf(rows)).toEqual([{ label: 'VT', onsetRow: 1, onsetSecond: 2 }]);
});

test('quiet cases have none', async () => {
  expect(await episodesOfCase(13)).toEqual([]);
  expect(await episodesOfCase(3366)).toEqual([]);
});

test('event ids: the same for the same admission, and no two alike over all bundled recordings', async () => {
  const ids: string[] = [];
  const { arrhythmia } = await findRecordings([BUNDLED_RECORDINGS]);
  for (const { file } of arrhythmia) {
    const { dataset, id: recording, rows } = await readArrhythmiaRecording(file);
    for (const { label, onsetSecond } of episodesOf(rows)) {
      for (const admission of [1, 2]) ids.push(episodeEventId({ dataset, recording, admission, label, onsetSecond }));
    }
  }
  expect(ids).toHaveLength(340);
  expect(new Set(ids).size).toBe(340);
  // Written down: an id that changes would make a redelivery a new event.
  const key = {
    dataset: 'vitaldb-arrhythmia',
    recording: '581',
    admission: 1,
    label: 'AVB',
    onsetSecond: 8622.133333333333,
  } as const;
  expect(episodeEventId(key)).toBe('217d893b-693b-5c7b-bfd6-40dd67cb9e24');
});
