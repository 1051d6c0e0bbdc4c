import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { EARLIEST_DETECTED_AT, MAX_CLOCK_AHEAD_MS } from '../../shared/alerts/alert-message.ts';
import { MAX_EVIDENCE_BYTES } from '../../shared/alerts/evidence.ts';
import { MAX_DEPTH } from '../../shared/storable-json.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { httpEvent, jsonPost, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as getAlert } from './get-alert.ts';
import { handler as ingestAlert } from './ingest-alert.ts';
import { handler as listNotifications } from './list-notifications.ts';
import { handler as notifyStaff } from './notify-staff.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});

afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

const get = (eventId: string) => getAlert(httpEvent({ params: { eventId } }));
const list = (query?: Record<string, string>) => listNotifications(httpEvent(query ? { query } : {}));
const sample = (name: string) => JSON.parse(readFileSync(new URL(`./events/${name}.json`, import.meta.url), 'utf8'));

describe('POST /db-first/alerts', () => {
  test('201 with what is stored; the same again, spelled otherwise: 200 with the same bytes', async () => {
    const alert = anAlert();
    const first = await ingestAlert(jsonPost(alert));
    expect(first).toMatchObject({ statusCode: 201, headers: { location: `/db-first/alerts/${alert.eventId}` } });
    expect(JSON.parse(first.body ?? '')).toEqual({ ...alert, storedAt: expect.any(String) });
    const shuffled = Object.fromEntries(Object.entries(alert).toReversed());
    const body = JSON.stringify(shuffled, null, 2).replace('412', '4.12e2');
    const again = await ingestAlert(jsonPost(null, { body }));
    expect(again).toMatchObject({ statusCode: 200, body: first.body });
    expect((await get(alert.eventId)).body).toBe(first.body);
  });

  test('another body under a used eventId: 409', async () => {
    const alert = anAlert();
    await ingestAlert(jsonPost(alert));
    const answer = await ingestAlert(jsonPost({ ...alert, ward: 'icu-9' }));
    expect(problemIn(answer)).toMatchObject({ status: 409, code: 'event_conflict', errors: [{ path: 'eventId' }] });
  });

  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  const at = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString();
  const SLACK_MS = 5_000;

  test.each<[string, object]>([
    ['eventId', { eventId: 'not-a-uuid' }],
    ['eventId', { eventId: undefined }],
    ['eventId', { eventId: `${randomUUID()}\u0000` }],
    ['patientId', { patientId: '' }],
    ['patientId', { patientId: "1'; DROP TABLE alerts; --" }],
    ['patientId', { patientId: 'a\u0000b' }],
    ['deviceId', { deviceId: 'x'.repeat(65) }],
    ['deviceId', { deviceId: 7 }],
    ['ward', { ward: '-icu' }],
    ['ward', { ward: 'icu\n' }],
    ['ward', { ward: null }],
    ['kind', { kind: 'vt' }],
    ['kind', { kind: '__proto__' }],
    ['severity', { severity: 'urgent' }],
    ['detectedAt', { detectedAt: 'yesterday' }],
    ['detectedAt', { detectedAt: '2026-02-30T00:00:00Z' }],
    ['detectedAt', { detectedAt: '2026-01-01T00:00:00' }],
    ['detectedAt', { detectedAt: 1_700_000_000 }],
    ['detectedAt', { detectedAt: '9999-12-31T23:59:59-23:59' }],
    ['detectedAt', { detectedAt: '0000-01-01T00:00:00Z' }],
    ['detectedAt', { detectedAt: at(MAX_CLOCK_AHEAD_MS + SLACK_MS) }],
    ['detectedAt', { detectedAt: '2019-12-31T23:59:59.999Z' }],
    ['evidence', { evidence: 'a string' }],
    ['evidence', { evidence: null }],
    ['evidence', { evidence: { pad: 'x'.repeat(MAX_EVIDENCE_BYTES) } }],
    ['evidence', { evidence: { 'a\u0000': 1 } }],
    ['evidence.note', { evidence: { note: 'a\u0000' } }],
    ['evidence.note', { evidence: { note: '\ud800' } }],
    ['evidence.rr.0', { evidence: { rr: ['\udc00'] } }],
    [`evidence${'.0'.repeat(MAX_DEPTH + 1)}`, { evidence: nested(MAX_DEPTH + 2) }],
    ['extra', { extra: 1 }],
    ['storedAt', { storedAt: at(0) }],
  ])('400 that names %s: %#', async (path, change) => {
    const answer = await ingestAlert(jsonPost({ ...anAlert(), ...change }));
    const { errors, ...problem } = problemIn(answer);
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(errors.map((error) => error.path)).toEqual([path]);
    expect(answer.body).not.toMatch(/node_modules|\.ts:/);
  });

  test.each(['null', '[]', '"x"', '7', 'true'])('the body %s is 400', async (body) => {
    expect(problemIn(await ingestAlert(jsonPost(null, { body })))).toMatchObject({ code: 'validation_failed' });
  });

  test('a number that no double holds is 400', async () => {
    const body = JSON.stringify(anAlert({ evidence: { v: 0 } })).replace('"v":0', '"v":1e999');
    expect(problemIn(await ingestAlert(jsonPost(null, { body })))).toMatchObject({ errors: [{ path: 'evidence.v' }] });
  });

  test('fifty thousand brackets are 400, not a stack overflow', async () => {
    const deep = `${'['.repeat(25_000)}${']'.repeat(25_000)}`;
    const body = JSON.stringify({ ...anAlert(), evidence: 0 }).replace('"evidence":0', `"evidence":${deep}`);
    expect(problemIn(await ingestAlert(jsonPost(null, { body })))).toMatchObject({ code: 'validation_failed' });
  });

  test('what the limits allow is stored: their very edges', async () => {
    const edges = [
      { detectedAt: at(MAX_CLOCK_AHEAD_MS - SLACK_MS) },
      { detectedAt: EARLIEST_DETECTED_AT },
      { evidence: JSON.parse(JSON.stringify(nested(MAX_DEPTH))) },
      { evidence: { pad: 'x'.repeat(MAX_EVIDENCE_BYTES - '{"pad":""}'.length) } },
      { patientId: `p${'.'.repeat(63)}`, evidence: [] },
    ];
    for (const change of edges) expect((await ingestAlert(jsonPost({ ...anAlert(), ...change }))).statusCode).toBe(201);
  });
});

describe('GET /db-first/alerts/{eventId}', () => {
  test('404 for one that is not stored, 400 for one that is no UUID', async () => {
    expect(problemIn(await get(randomUUID()))).toMatchObject({ status: 404, code: 'alert_not_found' });
    for (const eventId of ['x', '', '\u0000', `${randomUUID()}'`]) {
      expect(problemIn(await get(eventId))).toMatchObject({ status: 400, errors: [{ path: 'path.eventId' }] });
    }
  });
});

describe('GET /db-first/notifications', () => {
  test('400 for what is wrong in the query', async () => {
    const wrong = [{ since: 'x' }, { since: '' }, { limit: '0' }, { limit: '1001' }, { limit: '1e2' }, { page: '1' }];
    for (const query of wrong) {
      const path = `query.${Object.keys(query)[0]}`;
      expect(problemIn(await list(query as Record<string, string>))).toMatchObject({ status: 400, errors: [{ path }] });
    }
  });
});

describe('the sample events', () => {
  test('ingest, ingest again, read, notify twice, list: each does what its function is for', async () => {
    const ingest = sample('ingest-alert') as APIGatewayProxyEventV2;
    expect((await ingestAlert(ingest)).statusCode).toBe(201);
    expect((await ingestAlert(ingest)).statusCode).toBe(200);
    expect((await getAlert(sample('get-alert') as APIGatewayProxyEventV2)).statusCode).toBe(200);
    const batch = sample('notify-staff') as SQSEvent;
    expect(await notifyStaff(batch)).toEqual({ batchItemFailures: [] });
    expect(await notifyStaff(batch)).toEqual({ batchItemFailures: [] });
    const page = await eventually('the notification', async () => {
      const { body } = await listNotifications(sample('list-notifications') as APIGatewayProxyEventV2);
      const { notifications } = JSON.parse(body ?? '');
      return notifications.length > 0 && notifications;
    });
    expect(page).toHaveLength(1);
    expect(page[0].eventId).toBe(JSON.parse(ingest.body ?? '').eventId);
  });
});
