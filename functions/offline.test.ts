import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../localstack/testing/database.ts';
import { eventually } from '../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../localstack/testing/functions.ts';
import type { Notification } from '../shared/alerts/notification-list-store.ts';
import { anAlert } from '../shared/testing/alerts.ts';
import { fetchAllowed } from '../shared/testing/fetch-as.ts';

/** Starting serverless on a machine that runs other tests beside this one. */
const START_LIMIT_MS = 60_000;

let db: TestDatabase;
let running: TestFunctions;

beforeAll(async () => {
  db = await testDatabase();
  running = await startFunctions(db.url, { HEARTLINE_PROCESSING_MIN_MS: '0', HEARTLINE_PROCESSING_MAX_MS: '0' });
}, START_LIMIT_MS);

afterAll(async () => {
  await running.stop();
  await db.drop();
}, START_LIMIT_MS);

const request = (path: string, init?: RequestInit) => fetchAllowed(`${running.http}${path}`, init);
const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  request('/db-first/alerts', { method: 'POST', body, headers });

async function notificationsSince(since: string): Promise<Notification[]> {
  const page = await request(`/db-first/notifications?since=${encodeURIComponent(since)}`);
  const { notifications }: { notifications: Notification[] } = JSON.parse(await page.text());
  return notifications;
}

describe('through serverless offline', () => {
  test('an alert is stored once, read again, and staff are told once', async () => {
    const alert = anAlert();
    const since = new Date(Date.now() - 1_000).toISOString();
    const first = await post(JSON.stringify(alert));
    const again = await post(JSON.stringify(alert));
    const read = await request(`/db-first/alerts/${alert.eventId}`);
    expect([first.status, again.status, read.status]).toEqual([201, 200, 200]);
    const bodies = await Promise.all([first, again, read].map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    const told = await eventually('the notification', async () => {
      const notifications = await notificationsSince(since);
      return notifications.length > 0 && notifications;
    });
    expect(told.map(({ eventId }) => eventId)).toEqual([alert.eventId]);
    const { rows } = await db.pool.query('SELECT count(*)::int AS n FROM pgmq.q_db_first_alerts');
    expect(rows[0].n).toBe(0);
  });

  test('health: alive; and not ready, since there is no broker that events could be published to', async () => {
    expect((await request('/healthz')).status).toBe(200);
    const ready = await request('/readyz');
    expect(ready.status).toBe(503);
    const { dependencies, consumers } = (await ready.json()) as Record<string, { status: string }[]>;
    expect(dependencies).toMatchObject([
      { name: 'postgres', status: 'up' },
      { name: 'broker', status: 'down', reason: expect.stringContaining('stream_unavailable') },
      { name: 'iot-data-plane', status: 'down', required: false },
    ]);
    // The plugin's triggers and this handler are in one process, and know of each other.
    expect(consumers).toContainEqual(expect.objectContaining({ function: 'notify-staff', status: 'running' }));
    expect(consumers).toContainEqual(expect.objectContaining({ function: 'process-event', status: 'starting' }));
    const head = await request('/healthz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test.each<[number, string, () => Promise<Response>]>([
    [400, 'malformed_json', () => post('{')],
    // Serverless offline reads these itself, and hands over the value.
    [400, 'validation_failed', () => post('false')],
    [400, 'validation_failed', () => post('0')],
    [400, 'validation_failed', () => post('{"eventId":"x"}')],
    [400, 'validation_failed', () => post(JSON.stringify(anAlert({ evidence: { a: '\u0000' } })))],
    [400, 'validation_failed', () => request('/db-first/alerts/x')],
    [400, 'validation_failed', () => request('/db-first/alerts/%00')],
    [400, 'validation_failed', () => request('/db-first/notifications?since=x')],
    [404, 'alert_not_found', () => request('/db-first/alerts/00000000-0000-4000-8000-000000000000')],
    [405, 'method_not_allowed', () => request('/db-first/alerts')],
    [405, 'method_not_allowed', () => request('/db-first/alerts/x', { method: 'DELETE' })],
    [405, 'method_not_allowed', () => request('/db-first/notifications', { method: 'POST', body: '{}' })],
    [405, 'method_not_allowed', () => request('/healthz', { method: 'PUT', body: '{}' })],
    [405, 'method_not_allowed', () => request('/readyz', { method: 'PATCH', body: '{}' })],
    [413, 'body_too_large', () => post(`"${'x'.repeat(1024 * 1024)}"`)],
    [415, 'unsupported_media_type', () => post('{}', { 'content-type': 'text/plain' })],
    [415, 'unsupported_media_type', () => post('--x--', { 'content-type': 'multipart/form-data; boundary=x' })],
  ])('%i %s: %#', async (status, code, send) => {
    const answer = await send();
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('traceparent')).toMatch(/^00-/);
    expect({ status: answer.status, problem: JSON.parse(text) }).toMatchObject({ status, problem: { status, code } });
    expect(text).not.toMatch(/node_modules|\.ts:/);
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/^(POST|GET, HEAD)$/);
  });

  test('an alert under a used eventId is 409', async () => {
    const alert = anAlert();
    await post(JSON.stringify(alert));
    const answer = await post(JSON.stringify({ ...alert, kind: 'AVB' }));
    expect([answer.status, (JSON.parse(await answer.text()) as { code: string }).code]).toEqual([
      409,
      'event_conflict',
    ]);
  });

  test('every function with a sample answers it when invoked as Lambda does', async () => {
    // There is no data plane and no broker here, and nothing is stored when the first of them is read.
    const STATUS: Record<string, number> = {
      'publish-alert': 503,
      'stream-alert': 503,
      'purchase-later': 503,
      // Naive ones are switched off; and nothing is in stock when the first purchase comes.
      'purchase-naively': 404,
      'purchase-now': 404,
      'get-stock': 404,
      'get-alert': 404,
      // Said before the alert is there; and of a version that a rejection has left behind.
      ...Object.fromEntries(['accept', 'acknowledge', 'close', 'escalate'].map((name) => [`${name}-alert`, 404])),
      'get-alert-story': 404,
      'reroute-alert': 412,
      'silence-alert': 412,
      'get-event': 404,
      // Samples are read in the order of their names: what is put last is removed and read before.
      'delete-default-thresholds': 404,
      'delete-patient-thresholds': 404,
      'delete-ward-thresholds': 404,
      'get-default-thresholds': 404,
      'get-patient-thresholds': 404,
      'get-ward-thresholds': 404,
      'post-event': 503,
      readyz: 503,
      // Of a list each has its own outcome.
      'post-events': 207,
      'post-fhir-observation': 503,
      'ingest-alert': 201,
    };
    const samples = globSync('*/events/*.json', { cwd: import.meta.dirname }).sort();
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) {
      const name = basename(sample, '.json');
      const event = readFileSync(join(import.meta.dirname, sample), 'utf8');
      const url = `${running.lambda}/2015-03-31/functions/heartline-local-${name}/invocations`;
      const answer = await fetch(url, { method: 'POST', body: event });
      const result: unknown = JSON.parse(await answer.text());
      expect(answer.headers.has('x-amz-function-error'), name).toBe(false);
      // No broker runs here: the ward's message comes again.
      if (name === 'push-ward')
        expect(result).toMatchObject({ batchItemFailures: [{ error: { code: 'broker_unavailable' } }] });
      else if (name === 'take-receipt') expect(result).toEqual({ outcome: 'stored' });
      else if (/^(notify|store|fulfil|process|push|tick|plan)-|^(publish-alerts|deliver)$/.test(name))
        expect(result).toEqual({ batchItemFailures: [] });
      else if (/^authorize/.test(name)) expect(result).toMatchObject({ context: { refused: 'nothing' } });
      else if (name === 'receive-alert') expect(result).toEqual({ outcome: 'applied' });
      else expect(result, name).toMatchObject({ statusCode: STATUS[name] ?? 200 });
    }
  });
});
