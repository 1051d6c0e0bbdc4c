import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { silentServer } from '../../shared/testing/broken-servers.ts';
import { httpEvent, jsonPost, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as getAlert } from './get-alert.ts';
import { handler as ingestAlert } from './ingest-alert.ts';
import { handler as listNotifications } from './list-notifications.ts';
import { handler as notifyStaff } from './notify-staff.ts';

const TIMEOUT_MS = 500;
const SLACK_MS = 1_000;
const CONCURRENT_POSTS = 50;
const NOBODY = 'postgres://postgres@127.0.0.1:1/none';
const settings = { HEARTLINE_DB_TIMEOUT_MS: String(TIMEOUT_MS), HEARTLINE_LOG_LEVEL: 'error' };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

test.each(['down', 'stalled'])('database %s: every route answers 503 with Retry-After in bounded time', async (how) => {
  const silent = await silentServer();
  await useDatabase(how === 'down' ? NOBODY : `postgres://postgres@127.0.0.1:${silent.port}/none`, settings);
  const startedAt = performance.now();
  const answers = await Promise.all([
    ...Array.from({ length: CONCURRENT_POSTS }, () => ingestAlert(jsonPost(anAlert()))),
    getAlert(httpEvent({ params: { eventId: anAlert().eventId } })),
    listNotifications(httpEvent()),
  ]);
  expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  for (const answer of answers) {
    // On a machine that is busy enough, being refused takes longer than the time limit.
    const code = how === 'down' ? /^database_(unavailable|slow)$/ : /^database_slow$/;
    expect(problemIn(answer)).toMatchObject({ status: 503, code: expect.stringMatching(code) });
    expect(answer.headers?.['retry-after']).toBe('1');
  }
  await silent.close();
});

test('50 posts of one event at once: one 201, the others 200 with its bytes, one message', async () => {
  await useDatabase(db.url, { ...settings, HEARTLINE_DB_TIMEOUT_MS: '10000' });
  const alert = anAlert();
  const answers = await Promise.all(Array.from({ length: CONCURRENT_POSTS }, () => ingestAlert(jsonPost(alert))));
  const statuses = answers.map(({ statusCode }) => statusCode).toSorted();
  expect(statuses).toEqual([...Array.from({ length: CONCURRENT_POSTS - 1 }, () => 200), 201]);
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  const { rows } = await db.pool.query(`SELECT count(*)::int AS n FROM pgmq.q_db_first_alerts`);
  expect(rows).toEqual([{ n: 1 }]);
});

test('notify-staff with the database away throws, so that the batch comes back', async () => {
  await useDatabase(NOBODY, settings);
  const { evidence: _, ...facts } = anAlert();
  const body = JSON.stringify({ ...facts, storedAt: facts.detectedAt });
  const record = { messageId: '1', body } as never;
  await expect(notifyStaff({ Records: [record] })).rejects.toMatchObject({ code: 'database_unavailable' });
});
