import { expect, test } from 'vitest';
import { findRecordings } from './find-recordings.ts';
import { BUNDLED_RECORDINGS } from './folders.ts';
import { readNumericsRecording, type Vitals } from './numerics-recording.ts';
import { numericsFile, temporaryFolder } from './testing/recording-files.ts';

async function columnOf(id: string, name: keyof Vitals): Promise<(number | null)[]> {
  return (await readNumericsRecording(numericsFile(id))).rows.map((row) => row[name]);
}

function numbersIn(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

/** Lengths, in seconds, of the stretches without a number. */
function gapsIn(values: readonly (number | null)[]): number[] {
  return values
    .map((value) => (value === null ? '-' : '#'))
    .join('')
    .split('#')
    .map((gap) => gap.length)
    .filter((length) => length > 0);
}

test('every bundled file has 481 rows, one a second', async () => {
  const { numerics } = await findRecordings([BUNDLED_RECORDINGS]);
  expect(numerics).toHaveLength(12);
  for (const { id, file } of numerics) {
    const { rows } = await readNumericsRecording(file);
    const first = id === '23' ? -1 : 0; // the one recording that starts a second early
    expect(
      rows.map((row) => row.second),
      id,
    ).toEqual(Array.from({ length: 481 }, (_, index) => first + index));
  }
});

test('what the data set says is in them, is in them', async () => {
  const low = numbersIn(await columnOf('49', 'SpO2'));
  expect([low.length, Math.min(...low), Math.max(...low)]).toEqual([481, 84, 88]);
  expect((await columnOf('22', 'SpO2')).filter((value) => value !== null && value < 90)).toHaveLength(2);
  expect(Math.min(...numbersIn(await columnOf('22', 'SpO2')))).toBe(88);
  expect(gapsIn(await columnOf('19', 'SpO2'))).toEqual([7, 10, 17, 17, 8, 25, 11, 7]);
  expect(gapsIn(await columnOf('01', 'SpO2'))).toEqual([13]);
  expect(gapsIn(await columnOf('13', 'RESP'))).toHaveLength(13);
  expect((await columnOf('13', 'RESP')).filter((value) => value === 0)).toHaveLength(220);
  expect(Math.max(...numbersIn(await columnOf('25', 'HR')))).toBe(139);
  expect(Math.max(...numbersIn(await columnOf('21', 'HR')))).toBe(129);
  expect(Math.min(...numbersIn(await columnOf('45', 'HR')))).toBe(44);
  expect(Math.min(...numbersIn(await columnOf('41', 'HR')))).toBe(50);
  expect(Math.min(...numbersIn(await columnOf('05', 'RESP')))).toBe(3);
});

test('NaN and nothing are no number; a negative rate or a word is an error at its place', async () => {
  await using folder = await temporaryFolder();
  const good = await folder.write('bidmc_90_Numerics.csv', 'Time [s], HR, PULSE, RESP, SpO2\n-0,NaN,,12,97\n');
  expect((await readNumericsRecording(good)).rows).toEqual([{ second: 0, HR: null, PULSE: null, RESP: 12, SpO2: 97 }]);
  const bad = await folder.write('bidmc_91_Numerics.csv', 'Time [s], HR, PULSE, RESP, SpO2\n0,80, -2,12,97\n');
  await expect(readNumericsRecording(bad)).rejects.toThrow(
    /bidmc_91_Numerics\.csv:2:7: "-2" is not a number of 0 or more/,
  );
  const word = await folder.write('bidmc_92_Numerics.csv', 'Time [s], HR, PULSE, RESP, SpO2\n0,80,81,12,off\n');
  await expect(readNumericsRecording(word)).rejects.toThrow(/:2:12: "off" is not a number/);
});
