import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config } from '../../shared/config.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { readArrhythmiaRecording } from './arrhythmia-recording.ts';
import { type Episode, episodesOf } from './episodes.ts';
import { findRecordings, type RecordingFile } from './find-recordings.ts';
import { BUNDLED_RECORDINGS } from './folders.ts';
import { detectEach } from './testing/episode-laws.ts';
import {
  createOracle,
  type OracleEpisode,
  oracleEpisodes,
  oracleRuns,
  storeAnnotations,
} from './testing/episode-oracle-store.ts';

/** Reading and storing the 353 cases of the larger subset takes about 10 s here. */
const LARGE_SET_TIMEOUT_MS = 120_000;
/** Rows, runs and episodes, as the recordings' README states them. */
const BUNDLED = { cases: 24, runs: { VT: 63, SVTA: 95, AVB: 15 }, episodes: { VT: 62, SVTA: 94, AVB: 14 } };
const SUBSET_OF_353 = { runs: { VT: 196, SVTA: 226, AVB: 15 }, episodes: { VT: 195, SVTA: 225, AVB: 14 } };
/** The figures of the data set's README for all 482 cases. */
const COMPLETE = { cases: 482, runs: { VT: 245, SVTA: 288, AVB: 29 } };

/** The columns of a file, cut up the plain way: no reader of this project has a part in it. */
async function plainColumns(file: string) {
  const [header = '', ...lines] = (await readFile(file, 'utf8')).replace('\ufeff', '').split(/\r?\n/).filter(Boolean);
  const names = header.split(',');
  const column = (name: string) => lines.map((line) => line.split(',')[names.indexOf(name)] ?? '');
  return { seconds: column('time_second'), rhythms: column('rhythm_label'), flags: column('bad_signal_quality') };
}

function perLabel(episodes: readonly { label: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label } of episodes) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function inOrder(episodes: readonly OracleEpisode[]): string[] {
  return episodes.map((one) => [one.recording, one.onsetRow, one.label, one.onsetSecond].join(' ')).sort();
}

describe.each([
  ['the bundled recordings', [BUNDLED_RECORDINGS]] as const,
  ...(config().recordings.length === 0 ? [] : [['the recordings of the setting', config().recordings] as const]),
])('window functions in Postgres and the detector agree on %s', (_name, folders) => {
  let database: TestDatabase;
  let files: readonly RecordingFile[];

  beforeAll(async () => {
    database = await testDatabase({ migrated: false });
    files = (await findRecordings(folders)).arrhythmia;
    await createOracle(database.pool);
    for (const { id, file } of files) await storeAnnotations(database.pool, id, await plainColumns(file));
  }, LARGE_SET_TIMEOUT_MS);
  afterAll(() => database.drop());

  async function detected(detectAll: typeof episodesOf): Promise<OracleEpisode[]> {
    const found: OracleEpisode[] = [];
    for (const { id, file } of files) {
      const { rows } = await readArrhythmiaRecording(file);
      found.push(...detectAll(rows).map((episode: Episode) => ({ recording: id, ...episode })));
    }
    return found;
  }

  test('on every episode, offline and row by row', { timeout: LARGE_SET_TIMEOUT_MS }, async () => {
    const expected = inOrder(await oracleEpisodes(database.pool));
    expect(expected.length).toBeGreaterThan(0);
    expect(inOrder(await detected(episodesOf))).toEqual(expected);
    expect(inOrder(await detected((rows) => [...detectEach(rows)]))).toEqual(expected);
  });

  test('on the counts that the READMEs state', async () => {
    const counts = { runs: await oracleRuns(database.pool), episodes: perLabel(await oracleEpisodes(database.pool)) };
    if (files.length === BUNDLED.cases) expect(counts).toEqual({ runs: BUNDLED.runs, episodes: BUNDLED.episodes });
    if (files.length === 353) expect(counts).toEqual(SUBSET_OF_353);
    if (files.length === COMPLETE.cases) expect(counts.runs).toEqual(COMPLETE.runs);
  });
});
