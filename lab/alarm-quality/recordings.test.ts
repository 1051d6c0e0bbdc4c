// Recordings of real patients by their number: what the default rules say of each, to the second.
import { describe, expect, test } from 'vitest';
import { messagesOf, RECORDING_START_MS } from '../../localstack/vitals-ward/recording-readings.ts';
import { readArrhythmiaRecording } from '../../localstack/ward/arrhythmia-recording.ts';
import { episodesOf } from '../../localstack/ward/episodes.ts';
import { readNumericsRecording } from '../../localstack/ward/numerics-recording.ts';
import { annotationFile, numericsFile } from '../../localstack/ward/testing/recording-files.ts';
import { EMPTY_PARTITION, evaluate } from '../../shared/vitals/evaluate.ts';
import { DEFAULT_THRESHOLDS, effective } from '../../shared/vitals/thresholds.ts';

const MS_PER_S = 1_000;
const THRESHOLDS = effective([DEFAULT_THRESHOLDS]);

function toldOf(recording: Parameters<typeof messagesOf>[0]) {
  const place = { patientId: `recording-${recording.id}`, ward: 'icu-1', bed: 'bed-01', deviceId: 'mon-1' };
  const arrivals = messagesOf(recording).map(({ atMs, readings }) => ({
    arrivedMs: atMs,
    message: { ...place, readings },
  }));
  return evaluate(EMPTY_PARTITION, arrivals, { thresholdsOf: () => THRESHOLDS, sleepOf: () => undefined }).events;
}
const second = (time: string) => (Date.parse(time) - RECORDING_START_MS) / MS_PER_S;
const numerics = async (id: string) =>
  toldOf(await readNumericsRecording(numericsFile(id))).map(
    ({ at, type, condition, priority, onset }) =>
      `${second(at)} ${type} ${condition} ${priority} since ${second(onset)}`,
  );

describe('BIDMC', () => {
  test('49: saturation of 84 to 88 for all of its eight minutes is one alert, after the delay of 15 s, and no severe one', async () => {
    expect(await numerics('49')).toEqual(['15 start threshold/SpO2/low medium since 0']);
  });

  test('22: a dip to 88 for two seconds is none', async () => {
    expect(await numerics('22')).toEqual([]);
  });

  test('19: of eight gaps of 7 to 25 s those that pass 15 s are told of, until the value is back', async () => {
    expect(await numerics('19')).toEqual([
      '74 start no-data/SpO2 low since 74',
      '78 end no-data/SpO2 low since 74',
      '109 start no-data/SpO2 low since 109',
      '113 end no-data/SpO2 low since 109',
      '286 start no-data/SpO2 low since 286',
      '298 end no-data/SpO2 low since 286',
    ]);
  });

  test('01: a gap of 13 s is none', async () => {
    expect(await numerics('01')).toEqual([]);
  });

  test('13: a respiratory rate of 0 is severe at once, and its gaps of more than 10 s are told of beside it', async () => {
    expect(await numerics('13')).toEqual([
      '1 start threshold/RR/low high since 0',
      '7 update threshold/RR/low medium since 0',
      '53 escalate threshold/RR/low high since 0',
      '99 end threshold/RR/low high since 0',
      '128 start threshold/RR/low high since 128',
      '154 start no-data/RR low since 154',
      '154 end threshold/RR/low high since 128',
      '155 end no-data/RR low since 154',
      '181 start threshold/RR/low high since 181',
      '200 start no-data/RR low since 200',
      '212 end no-data/RR low since 200',
      '228 start no-data/RR low since 228',
      '246 end no-data/RR low since 228',
      '291 end threshold/RR/low high since 181',
      '314 start threshold/RR/low high since 314',
      '381 start no-data/RR low since 381',
      '393 end no-data/RR low since 381',
      '432 start no-data/RR low since 432',
      '448 end no-data/RR low since 432',
    ]);
  });

  test('25: a heart of up to 139 is medium, and comes again after it was back by the hysteresis', async () => {
    expect(await numerics('25')).toEqual([
      '10 start threshold/HR/high medium since 0',
      '396 end threshold/HR/high medium since 0',
      '420 start threshold/HR/high medium since 410',
      '465 end threshold/HR/high medium since 410',
    ]);
  });

  test('21: a heart of up to 129 from second 35 on is one alert', async () => {
    expect(await numerics('21')).toEqual(['45 start threshold/HR/high medium since 35']);
  });

  test.each(['45', '41'])('%s: a heart that falls to 44, or 50, for two or four seconds is none', async (id) => {
    expect(await numerics(id)).toEqual([]);
  });

  test('05: a respiratory rate that falls to 3 is severe at that second, whatever the delay', async () => {
    expect(await numerics('05')).toEqual([
      '168 start threshold/RR/low high since 164',
      '169 update threshold/RR/low medium since 164',
      '188 end threshold/RR/low medium since 164',
    ]);
  });
});

describe('VitalDB', () => {
  test.each([4158, 2397, 1626, 2453])(
    'case %i: each episode alerts once, at its first good row, and nothing else does',
    async (id) => {
      const recording = await readArrhythmiaRecording(annotationFile(id));
      const episodes = episodesOf(recording.rows).map(({ label, onsetSecond }) => [
        label,
        Math.round(onsetSecond * MS_PER_S),
      ]);
      const started = toldOf(recording).filter(({ rule, type }) => rule === 'arrhythmia' && type === 'start');
      expect(episodes.length).toBeGreaterThan(0);
      expect(started.map(({ detail, onset }) => [detail['rhythm'], Date.parse(onset) - RECORDING_START_MS])).toEqual(
        episodes,
      );
    },
  );
});
