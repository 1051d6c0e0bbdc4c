import { beforeAll, describe, expect, test } from 'vitest';
import { config } from '../../shared/config.ts';
import { HEART_RATE, RESPIRATORY_RATE, RHYTHM, SPO2 } from '../../shared/vitals/kinds.ts';
import { type RawReading, READINGS_MAX } from '../../shared/vitals/vitals-message.ts';
import { type ArrhythmiaRecording, type BeatRow, readArrhythmiaRecording } from '../ward/arrhythmia-recording.ts';
import { episodesOf } from '../ward/episodes.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';
import { readNumericsRecording } from '../ward/numerics-recording.ts';
import { annotationFile, numericsFile } from '../ward/testing/recording-files.ts';
import { messagesOf, RECORDING_START_MS, type TimedReadings } from './recording-readings.ts';

const LABELS = ['VT', 'SVTA', 'AVB'];
const EPISODES_IN_BUNDLED_CASES = 170;
const READING_TIMEOUT_MS = 120_000;

/** From readings alone, as they come: label and onset in milliseconds of the recording. */
function episodesInReadings(messages: readonly TimedReadings[]): [string, number][] {
  const episodes: [string, number][] = [];
  let run: RawReading['value'] = null;
  let started = false;
  for (const { value, validity, time } of rhythmOf(messages)) {
    if (value !== run) started = false;
    run = value;
    if (started || typeof value !== 'string' || !LABELS.includes(value) || validity === 'invalid') continue;
    started = true;
    episodes.push([value, Date.parse(time) - RECORDING_START_MS]);
  }
  return episodes;
}

const rhythmOf = (messages: readonly TimedReadings[]) =>
  messages.flatMap(({ readings }) => readings.filter(({ code }) => code === RHYTHM));

const expected = ({ rows }: ArrhythmiaRecording): [string, number][] =>
  episodesOf(rows).map(({ label, onsetSecond }) => [label, Math.round(onsetSecond * 1_000)]);

/** A reading a second and no more: rhythms that are shorter are not seen, and what is seen is late. */
const onlySeconds = (messages: readonly TimedReadings[]): TimedReadings[] =>
  messages.map(({ atMs, readings }) => {
    const last = readings.findLast(({ code }) => code === RHYTHM);
    return { atMs, readings: last ? [{ ...last, time: new Date(atMs).toISOString() }] : [] };
  });

describe('the readings of a recorded rhythm', () => {
  let cases: ArrhythmiaRecording[] = [];
  beforeAll(async () => {
    const { arrhythmia } = await findRecordings([BUNDLED_RECORDINGS, ...config().recordings]);
    cases = await Promise.all(arrhythmia.map(({ file }) => readArrhythmiaRecording(file)));
  }, READING_TIMEOUT_MS);

  test(
    'hold exactly the episodes of its rows, to the millisecond',
    () => {
      let episodes = 0;
      for (const recording of cases) {
        const found = episodesInReadings(messagesOf(recording));
        expect(found, `case ${recording.id}`).toEqual(expected(recording));
        episodes += found.length;
      }
      expect(episodes).toBeGreaterThanOrEqual(EPISODES_IN_BUNDLED_CASES);
    },
    READING_TIMEOUT_MS,
  );

  test('sampled once a second they do not, and fail that test', () => {
    const withEpisodes = cases.filter((recording) => expected(recording).length > 0);
    const wrong = withEpisodes.filter((recording) => {
      const found = episodesInReadings(onlySeconds(messagesOf(recording)));
      return JSON.stringify(found) !== JSON.stringify(expected(recording));
    });
    expect(wrong.length).toBeGreaterThan(withEpisodes.length / 2);
  });

  test('are in order of time, come each second without a gap, and fit their messages', () => {
    for (const recording of cases) {
      const messages = messagesOf(recording);
      const times = rhythmOf(messages).map(({ time }) => Date.parse(time));
      expect(times.toSorted((one, other) => one - other)).toEqual(times);
      for (const [index, { atMs, readings }] of messages.entries()) {
        expect(atMs - (messages[0]?.atMs ?? 0)).toBe(index * 1_000);
        expect(readings.length).toBeLessThanOrEqual(READINGS_MAX);
        expect(readings.some(({ code }) => code === RHYTHM)).toBe(true);
      }
    }
  });
});

const beat = (second: number, badSignal = false, rhythm: string | null = 'N'): BeatRow => ({
  second,
  beatType: 'N',
  rhythm,
  badSignal,
});
const ofRows = (...rows: BeatRow[]) => messagesOf({ dataset: 'vitaldb-arrhythmia', id: '1', rows }, 0);
const short = (messages: readonly TimedReadings[], code: string) =>
  messages.flatMap(({ readings }) =>
    readings
      .filter((one) => one.code === code)
      .map(({ value, validity, time }) => [Date.parse(time), value, validity ?? 'valid']),
  );

test('rows at one time are a millisecond apart, in their order', () => {
  const messages = ofRows(beat(0.5), beat(1.25, false, 'VT'), beat(1.25, false, 'N'), beat(2));
  expect(short(messages, RHYTHM)).toEqual([
    [500, 'N', 'valid'],
    [1_250, 'VT', 'valid'],
    [1_251, 'N', 'valid'],
  ]);
});

test('a rhythm stands over rows that are missing, and one without a label has no value', () => {
  const messages = ofRows(beat(0, true, 'Noise'), beat(3, false, null));
  expect(short(messages, RHYTHM)).toEqual([
    [0, 'Noise', 'invalid'],
    [1_000, 'Noise', 'invalid'],
    [2_000, 'Noise', 'invalid'],
    [3_000, null, 'none'],
  ]);
});

test('the heart rate is invalid while a flagged beat is behind it, and none after a gap', () => {
  const messages = ofRows(beat(0, true), beat(0.5), beat(1), beat(1.5), beat(9), beat(9.5));
  const rates = short(messages, HEART_RATE);
  expect(rates[0]).toEqual([0, null, 'none']);
  expect(rates[1]).toEqual([1_000, 120, 'invalid']);
  expect(rates[6]).toEqual([6_000, 120, 'invalid']);
  expect(rates[7]).toEqual([7_000, null, 'none']);
  expect(rates[10]).toEqual([10_000, 120, 'valid']);
});

test('vital signs are those of each row; what the monitor did not show is null', async () => {
  const recording = await readNumericsRecording(numericsFile('19'));
  const messages = messagesOf(recording);
  expect(messages).toHaveLength(481);
  expect(messages[0]?.readings.map(({ code, unit }) => [code, unit])).toEqual([
    [HEART_RATE, '/min'],
    [RESPIRATORY_RATE, '/min'],
    [SPO2, '%'],
  ]);
  const lost = short(messages, SPO2).filter(([, value]) => value === null);
  expect(lost).toHaveLength(recording.rows.filter(({ SpO2 }) => SpO2 === null).length);
  expect(lost[0]?.[2]).toBe('none');
  expect(messagesOf(await readNumericsRecording(numericsFile('23')))[0]?.atMs).toBe(RECORDING_START_MS - 1_000);
});

test('nothing in it depends on the moment: the same twice, moved by the start alone', async () => {
  const recording = await readArrhythmiaRecording(annotationFile(581));
  expect(messagesOf(recording)).toEqual(messagesOf(recording));
  const moved = messagesOf(recording, RECORDING_START_MS + 5_000);
  expect(moved.map(({ atMs }) => atMs - 5_000)).toEqual(messagesOf(recording).map(({ atMs }) => atMs));
});
