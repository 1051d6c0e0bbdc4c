import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';

const START_TIMEOUT_MS = 120_000;
const TEST_TIMEOUT_MS = 90_000;
/** Ten attempts with up to 5 s between them. */
const DEAD_LETTER_DEADLINE_MS = 60_000;
const ALERTS = 20;
const ATTEMPTS = 10;

describe('a poison message in the queue', () => {
  let database: TestDatabase;
  let functions: TestFunctions;
  beforeAll(async () => {
    database = await testDatabase();
    functions = await startFunctions(database.url);
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await functions.stop();
    await database.drop();
  });
  const rows = async (text: string, values: unknown[] = []) => (await database.pool.query(text, values)).rows;

  test('ends in the dead letters with its error; those behind it are told at once', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    await rows(`SELECT pgmq.send('db_first_alerts', '{"eventId": "no alert"}')`);
    const alerts = Array.from({ length: ALERTS }, () => anAlert());
    for (const alert of alerts) {
      const body = JSON.stringify(alert);
      const headers = { 'content-type': 'application/json' };
      expect((await fetchAllowed(`${functions.http}/db-first/alerts`, { method: 'POST', headers, body })).status).toBe(
        201,
      );
    }
    await eventually('all alerts behind it to be notified', async () => {
      const told = await rows('SELECT FROM db_first.notifications WHERE event_id = ANY($1)', [
        alerts.map((a) => a.eventId),
      ]);
      return told.length === ALERTS;
    });
    const [waiting] = await rows('SELECT read_ct FROM pgmq.q_db_first_alerts');
    expect(waiting?.read_ct, 'they did not wait for its attempts to end').toBeLessThan(ATTEMPTS);

    const [letter] = await eventually(
      'its dead letter',
      async () => {
        const letters = await rows('SELECT message, headers FROM pgmq.q_db_first_alerts_dlq');
        return letters.length > 0 ? letters : undefined;
      },
      DEAD_LETTER_DEADLINE_MS,
    );
    expect(letter.message).toEqual({ eventId: 'no alert' });
    expect(letter.headers).toMatchObject({
      attempts: ATTEMPTS,
      sourceQueue: 'db_first_alerts',
      error: { code: 'poison_record', message: expect.stringContaining('eventId: must be a UUID') },
    });
    expect(await rows('SELECT FROM pgmq.q_db_first_alerts')).toEqual([]);
  });
});
