import { expect, test } from 'vitest';
import { findRecordings } from './find-recordings.ts';
import { BUNDLED_RECORDINGS, recordingFolders, splitFolders } from './folders.ts';
import { copyCases, temporaryFolder } from './testing/recording-files.ts';

test('a data set, a parent of two, and several folders; in order of number, the folder named first wins', async () => {
  const both = await findRecordings([BUNDLED_RECORDINGS]);
  expect([both.arrhythmia.length, both.numerics.length]).toEqual([24, 12]);
  expect(both.arrhythmia.map(({ id }) => id).slice(0, 4)).toEqual(['13', '19', '103', '581']);
  const one = await findRecordings([`${BUNDLED_RECORDINGS}/vitaldb-arrhythmia`]);
  expect([one.arrhythmia, one.numerics]).toEqual([both.arrhythmia, []]);
  expect((await findRecordings([`${BUNDLED_RECORDINGS}/bidmc-numerics`])).numerics).toEqual(both.numerics);

  await using folder = await temporaryFolder();
  await copyCases(folder.path, 13);
  const overlapping = await findRecordings([folder.path, BUNDLED_RECORDINGS]);
  expect(overlapping.arrhythmia).toHaveLength(24);
  expect(overlapping.arrhythmia[0]?.file).toBe(`${folder.path}/annotations/Annotation_file_13.csv`);
});

test('a folder without recordings, a missing one and a file are named, with what to do', async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write('notes.txt', 'none');
  await expect(findRecordings([folder.path])).rejects.toThrow(
    `${folder.path}: there is no recording here: looked for annotations/`,
  );
  await expect(findRecordings([`${folder.path}/away`])).rejects.toThrow(
    /away: the folder cannot be read \(ENOENT\)\. Check the path/,
  );
  await expect(findRecordings([file])).rejects.toThrow(/notes\.txt: the folder cannot be read \(ENOTDIR\)/);
  await expect(findRecordings([])).rejects.toThrow(/no folder was given/);
});

test('the setting names folders, separated by commas; without it the bundled ones are taken', () => {
  expect(recordingFolders(splitFolders(' a/b, c ,'))).toEqual(['a/b', 'c']);
  expect(recordingFolders(splitFolders(''))).toEqual([BUNDLED_RECORDINGS]);
});
