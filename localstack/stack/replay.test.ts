import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../testing/functions.ts';
import { readArrhythmiaRecording } from '../ward/arrhythmia-recording.ts';
import { episodesOf } from '../ward/episodes.ts';
import { type FoundRecordings, findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';
import { play } from '../ward/testing/play.ts';

const START_TIMEOUT_MS = 120_000;
const REPLAY_TIMEOUT_MS = 120_000;
const ANSWER_TIMEOUT_MS = 10_000;

/** The ward's monitors post to the running functions; the trigger notifies; the database is asked what became of it. */
describe('replaying every bundled recording', () => {
  let database: TestDatabase;
  let functions: TestFunctions;
  let recordings: FoundRecordings;
  let state: string;
  /** `<recording> <kind> <onset second>` of every labelled episode, sorted. */
  let labelled: string[];

  beforeAll(async () => {
    database = await testDatabase();
    functions = await startFunctions(database.url);
    state = await mkdtemp(join(tmpdir(), 'heartline-ward-'));
    recordings = await findRecordings([BUNDLED_RECORDINGS]);
    labelled = await labelledEpisodes(recordings);
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await functions.stop();
    await database.drop();
    await rm(state, { recursive: true, force: true });
  });

  const replay = () =>
    play({ state, recordings, url: `${functions.http}/db-first/alerts`, timeoutMs: ANSWER_TIMEOUT_MS });
  const rows = async <Row>(text: string) => (await database.pool.query(text)).rows as Row[];
  const notified = () =>
    rows<{ event_id: string; notified_at: Date }>(
      'SELECT event_id, notified_at FROM db_first.notifications ORDER BY event_id',
    );
  const queueLength = async () =>
    (await rows<{ n: number }>('SELECT count(*)::int AS n FROM pgmq.q_db_first_alerts'))[0]?.n;
  const untilQuiet = () => eventually('the queue to be empty', async () => (await queueLength()) === 0);

  test(
    'gives exactly the labelled episodes as alerts and as notifications, and a second replay changes nothing',
    async () => {
      const first = await replay();
      expect(first).toMatchObject({ stored: labelled.length, redelivered: 0, refused: 0 });
      await untilQuiet();
      const stored = await rows<{ episode: string }>(
        `SELECT concat_ws(' ', evidence->>'recording', kind, evidence->>'onsetSecond') AS episode FROM db_first.alerts`,
      );
      expect(stored.map((row) => row.episode).sort()).toEqual(labelled);
      const before = await notified();
      expect(before).toHaveLength(labelled.length);
      const alerts = await rows('SELECT * FROM db_first.alerts ORDER BY event_id');

      const second = await replay();
      expect(second).toMatchObject({ stored: 0, redelivered: labelled.length, refused: 0 });
      await untilQuiet();
      expect(await notified()).toEqual(before);
      expect(await rows('SELECT * FROM db_first.alerts ORDER BY event_id')).toEqual(alerts);
      expect(await rows('SELECT * FROM pgmq.q_db_first_alerts_dlq')).toEqual([]);
    },
    REPLAY_TIMEOUT_MS,
  );

  test('shows in the metrics: stored, redelivered and notified are what the database says', async () => {
    const text = await eventually('the metrics to have every notification', async () => {
      const rendered = await functions.bridge.render();
      return sum(rendered, 'staff_notified_total') === labelled.length ? rendered : undefined;
    });
    expect(sum(text, 'alerts_stored_total')).toBe(labelled.length);
    expect(sum(text, 'alerts_redelivered_total')).toBe(labelled.length);
    expect(sum(text, 'db_insert_latency_ms_count')).toBeGreaterThan(labelled.length);
  });
});

async function labelledEpisodes({ arrhythmia }: FoundRecordings): Promise<string[]> {
  const all: string[] = [];
  for (const { id, file } of arrhythmia) {
    const { rows } = await readArrhythmiaRecording(file);
    all.push(...episodesOf(rows).map((one) => `vitaldb-arrhythmia/${id} ${one.label} ${one.onsetSecond}`));
  }
  return all.sort();
}

/** A metric's value, summed over its labels. */
function sum(text: string, name: string): number {
  const lines = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return lines.reduce((total, line) => total + Number(line[1]), 0);
}
