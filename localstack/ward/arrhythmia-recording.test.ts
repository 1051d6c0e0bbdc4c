import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readArrhythmiaRecording } from './arrhythmia-recording.ts';
import { findRecordings } from './find-recordings.ts';
import { BUNDLED_RECORDINGS } from './folders.ts';
import { annotationFile, temporaryFolder } from './testing/recording-files.ts';

const HEADER = 'time_second,beat_type,rhythm_label,bad_signal_quality,bad_signal_quality_label';

/** The error that a file with this content gives, without the folder's name. */
async function errorOf(content: string | Uint8Array): Promise<string> {
  await using folder = await temporaryFolder();
  const file = await folder.write('Annotation_file_7.csv', content);
  const failed = await readArrhythmiaRecording(file).catch((error) => error);
  expect(failed).toMatchObject({ name: 'PermanentError', code: 'recording_unreadable' });
  return failed.message.replace(`${folder.path}/`, '');
}

test('a file as most are: byte-order mark, marks of bad segments, empty labels', async () => {
  const { dataset, id, rows } = await readArrhythmiaRecording(annotationFile(13));
  expect([dataset, id, rows.length]).toEqual(['vitaldb-arrhythmia', '13', 1317]);
  expect(rows[0]).toEqual({ second: 116.16388888888889, beatType: 'S', rhythm: 'N', badSignal: false });
  expect(rows.find((row) => row.badSignal)).toEqual({
    second: 806.5111111111111,
    beatType: null,
    rhythm: null,
    badSignal: true,
  });
});

test('the case with other columns in another order, and booleans in capitals', async () => {
  const { rows } = await readArrhythmiaRecording(annotationFile(2453));
  expect(rows).toHaveLength(1156);
  expect(rows[0]).toEqual({ second: 842.4, beatType: 'N', rhythm: 'N', badSignal: false });
  expect(rows.filter((row) => row.badSignal)).toHaveLength(12);
  expect(rows.filter((row) => row.beatType === 'Start')).toHaveLength(6);
});

test('every bundled file is read, and its number of rows and its time are those of metadata.csv', async () => {
  const { arrhythmia } = await findRecordings([BUNDLED_RECORDINGS]);
  const metadata = await readFile(`${BUNDLED_RECORDINGS}/vitaldb-arrhythmia/metadata.csv`, 'utf8');
  const lines = metadata.trim().split('\r\n').slice(1);
  expect(lines.map((line) => line.split(',')[0]).sort()).toEqual(arrhythmia.map(({ id }) => id).sort());
  for (const { id, file } of arrhythmia) {
    const [, start, end] =
      lines
        .find((line) => line.startsWith(`${id},`))
        ?.split(',')
        .map(Number) ?? [];
    const { rows } = await readArrhythmiaRecording(file);
    expect(rows[0]?.second, `first row of ${id}`).toBeCloseTo(start ?? Number.NaN, 6);
    expect(rows.at(-1)?.second, `last row of ${id}`).toBeCloseTo(end ?? Number.NaN, 6);
  }
});

test('three spellings of a flag, and equal times', async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write(
    'Annotation_file_7.csv',
    `${HEADER}\n1,N,N,TRUE,\n1,N,N,false,\n2,N,N,True,\n3,N,N,,\n`,
  );
  const { rows } = await readArrhythmiaRecording(file);
  expect(rows.map((row) => row.badSignal)).toEqual([true, false, true, false]);
});

test.each([
  ['empty', '', /^Annotation_file_7\.csv:1:1: the file is empty\. The first line must name the columns/],
  ['only a header', `${HEADER}\n`, /^Annotation_file_7\.csv:2:1: there is no row after the header/],
  ['no header', '116.16,S,N,False,\n', /:1:1: no column "time_second", .* in the header; found "116.16,S,N,False,"/],
  ['no such column', 'time_second,beat_type,bad_signal_quality\n1,N,False\n', /:1:1: no column "rhythm_label"/],
  ['a column twice', `${HEADER},beat_type\n`, /:1:80: the column "beat_type" is there twice/],
  ['a time that is a word', `${HEADER}\n1,N,N,False,\nsoon,N,N,False,\n`, /:3:1: "soon" is not a number/],
  ['no time', `${HEADER}\n,N,N,False,\n`, /:2:1: "" is not a number/],
  ['an endless time', `${HEADER}\n1e999,N,N,False,\n`, /:2:1: "1e999" is not a number/],
  ['a time that goes back', `${HEADER}\n2,N,N,False,\n1.5,N,N,False,\n`, /:3:1: the time goes back, from 2 s to 1.5 s/],
  ['a flag that is none', `${HEADER}\n1,N,N,maybe,\n`, /:2:7: "maybe" is neither True nor False/],
  [
    'a row cut off',
    `${HEADER}\n1,N,N,False,\n2,N,N\n`,
    /:3:6: the row has 3 fields, the header has 5\. Is the file cut off/,
  ],
  ['a quote never closed', `${HEADER}\n1,"N,N,False,\n`, /:\d+:\d+: this is not CSV \(CSV_QUOTE_NOT_CLOSED\)/],
  ['no line ends', HEADER.repeat(200), /:1:\d+: this is not CSV \(CSV_MAX_RECORD_SIZE\)/],
  ['binary', new Uint8Array([0x89, 0x50, 0x0a, 0x00, 0x1a]), /:2:1: this is not text: a zero byte at offset 3/],
  ['another encoding', new Uint8Array([0x74, 0xe4, 0x67, 0x2c]), /:1:1: this is not UTF-8 text/],
])('a hostile file: %s', async (_name, content, message) => {
  expect(await errorOf(content)).toMatch(message);
});

test('a file that is missing, a folder, too large or named otherwise', async () => {
  await using folder = await temporaryFolder();
  await expect(readArrhythmiaRecording(`${folder.path}/Annotation_file_1.csv`)).rejects.toThrow(
    /cannot be read \(ENOENT\)/,
  );
  await folder.write('Annotation_file_2.csv/inside', '');
  await expect(readArrhythmiaRecording(`${folder.path}/Annotation_file_2.csv`)).rejects.toThrow(
    /cannot be read|this is not a file/,
  );
  const large = await folder.write('Annotation_file_3.csv', new Uint8Array(16 * 1024 * 1024 + 1));
  await expect(readArrhythmiaRecording(large)).rejects.toThrow(/16777217 bytes, more than/);
  await expect(readArrhythmiaRecording(`${folder.path}/cat.jpg`)).rejects.toThrow(
    /the name is not Annotation_file_<number>\.csv/,
  );
});
