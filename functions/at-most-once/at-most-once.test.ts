import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { silentServer } from '../../shared/testing/broken-servers.ts';
import { httpEvent, jsonPost, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as listReceivedAlerts } from './list-received-alerts.ts';
import { handler as receiveAlert } from './receive-alert.ts';

const NOBODY = 'postgres://postgres@127.0.0.1:1/none';
const DB_TIMEOUT_MS = 500;
/** What an answer may take beyond its limit on a busy machine. */
const SLACK_MS = 3_000;
const PUBLISH_LIMIT_MS = 2_000;
const BED = 'bed-04';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

const sample = (name: string) => JSON.parse(readFileSync(new URL(`./events/${name}.json`, import.meta.url), 'utf8'));
const published = (alert = anAlert()) => ({
  ...alert,
  topic: `hl/${alert.ward}/${BED}/${alert.patientId}/alert`,
});
const toldOf = async (eventId: string) =>
  (await db.pool.query('SELECT bed FROM at_most_once.notifications WHERE event_id = $1', [eventId])).rows;

describe('receive-alert', () => {
  test('what comes once is notified once, what comes twice, twice', async () => {
    const alert = anAlert();
    expect(await receiveAlert(published(alert))).toEqual({ outcome: 'applied' });
    expect(await toldOf(alert.eventId)).toEqual([{ bed: BED }]);
    await Promise.all([receiveAlert(published(alert)), receiveAlert(published({ ...alert, severity: 'low' }))]);
    expect(await toldOf(alert.eventId)).toHaveLength(3);
  });

  test.each<[string, object]>([
    ['schema', { kind: 'vt' }],
    ['schema', { eventId: `${randomUUID()}'` }],
    ['schema', { detectedAt: '1970-01-01T00:00:00Z' }],
    ['schema', { evidence: { note: '\u0000' } }],
    ['schema', { bed: BED }],
    ['topic_mismatch', { ward: 'icu-2' }],
    ['topic_mismatch', { patientId: 'patient-2' }],
  ])('an alert that is not valid is refused for its %s and tells nobody: %#', async (reason, change) => {
    const count = async () => (await db.pool.query('SELECT FROM at_most_once.notifications')).rowCount;
    const before = await count();
    expect(await receiveAlert({ ...published(), ...change })).toEqual({ outcome: 'refused', reason });
    expect(await count()).toBe(before);
  });

  test('with the database away the alert is lost, in bounded time, and does not come back with it', async () => {
    const alert = anAlert();
    await useDatabase(NOBODY, { HEARTLINE_DB_TIMEOUT_MS: String(DB_TIMEOUT_MS) });
    const startedAt = performance.now();
    expect(await receiveAlert(published(alert))).toEqual({ outcome: 'lost', reason: 'database' });
    expect(performance.now() - startedAt).toBeLessThan(DB_TIMEOUT_MS + SLACK_MS);
    await useDatabase(db.url);
    const next = anAlert();
    expect(await receiveAlert(published(next))).toEqual({ outcome: 'applied' });
    expect([await toldOf(alert.eventId), await toldOf(next.eventId)]).toEqual([[], [{ bed: BED }]]);
  });
});

describe('GET /at-most-once/notifications', () => {
  test('400 for what is wrong in the query', async () => {
    for (const query of [{ since: 'x' }, { limit: '0' }, { limit: '1001' }, { page: '1' }]) {
      const answer = await listReceivedAlerts(httpEvent({ query: query as Record<string, string> }));
      expect(problemIn(answer)).toMatchObject({ status: 400, errors: [{ path: `query.${Object.keys(query)[0]}` }] });
    }
  });

  test('the sample events: received twice, listed twice', async () => {
    await db.pool.query('TRUNCATE at_most_once.notifications');
    const event = sample('receive-alert');
    await receiveAlert(event);
    await receiveAlert(event);
    const { body } = await listReceivedAlerts(sample('list-received-alerts') as APIGatewayProxyEventV2);
    const { notifications } = JSON.parse(body ?? '');
    expect(notifications).toHaveLength(2);
    for (const one of notifications) expect(one).toMatchObject({ eventId: event.eventId, bed: BED, ward: event.ward });
  });
});

describe('publish-alert without a data plane', () => {
  /** The SDK's own environment variables, as the stack sets them; a client of its own for each. */
  async function publishAt(endpoint: string) {
    vi.stubEnv('AWS_ENDPOINT_URL_IOT_DATA_PLANE', endpoint);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.resetModules();
    return (await import('./publish-alert.ts')).handler;
  }

  test('nobody listens: 503 with Retry-After, saying what another attempt may do', async () => {
    const publishAlert = await publishAt(`http://127.0.0.1:${await freePort()}`);
    const answer = await publishAlert(jsonPost({ ...anAlert(), bed: BED }));
    expect(problemIn(answer)).toMatchObject({
      status: 503,
      code: 'temporarily_unavailable',
      detail: expect.stringContaining('twice'),
    });
    expect(answer.headers?.['retry-after']).toBe('1');
  });

  test('it accepts and never answers: 503 in bounded time', async () => {
    const silent = await silentServer();
    const publishAlert = await publishAt(`http://127.0.0.1:${silent.port}`);
    const startedAt = performance.now();
    expect(problemIn(await publishAlert(jsonPost({ ...anAlert(), bed: BED })))).toMatchObject({ status: 503 });
    expect(performance.now() - startedAt).toBeLessThan(PUBLISH_LIMIT_MS + SLACK_MS);
    await silent.close();
  });

  test.each<[string, object]>([
    ['bed', { bed: undefined }],
    ['bed', { bed: '+' }],
    ['bed', { bed: 'a/b' }],
    ['ward', { ward: '#' }],
    ['ward', { ward: 'icu.1' }],
    ['patientId', { patientId: 'p.1' }],
    ['topic', { topic: 'x' }],
  ])('400 that names %s, before anything is sent: %#', async (path, change) => {
    const publishAlert = await publishAt(`http://127.0.0.1:${await freePort()}`);
    const answer = await publishAlert(jsonPost({ ...anAlert(), bed: BED, ...change }));
    expect(problemIn(answer)).toMatchObject({ status: 400, errors: [{ path }] });
  });
});
