import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { httpEvent } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as getAlert } from './get-alert.ts';
import { handler as ingestAlert } from './ingest-alert.ts';
import { handler as listNotifications } from './list-notifications.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url, { HEARTLINE_LOG_LEVEL: 'error' });
});

afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

const RUNS = { numRuns: 300 };

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('\u0000', '\ud800', '__proto__'));
const members = Object.keys(anAlert());
/** A good alert with one member broken, left out or renamed: close enough to right to get past the first check. */
const nearlyRight = fc
  .tuple(fc.constantFrom(...members), fc.anything({ withNullPrototype: true }), anyText)
  .chain(([member, value, text]) =>
    fc.constantFrom(
      { ...anAlert(), [member]: value },
      { ...anAlert(), [member]: text },
      { ...anAlert(), [text]: value },
      { ...anAlert(), evidence: { [text]: [text, value] } },
    ),
  );
const toJson = (value: unknown) =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)) ?? 'null';
const body = fc.oneof(anyText, fc.json(), nearlyRight.map(toJson));

test('no body gives a 5xx or shows a stack; what is stored can be read again', async () => {
  await fc.assert(
    fc.asyncProperty(body, fc.boolean(), async (text, isBase64Encoded) => {
      const sent = isBase64Encoded ? Buffer.from(text).toString('base64') : text;
      const answer = await ingestAlert(httpEvent({ method: 'POST', body: sent, isBase64Encoded }));
      expect([200, 201, 400, 409]).toContain(answer.statusCode);
      expect(answer.body).not.toMatch(/node_modules|at .*\.[jt]s:\d/);
      if (answer.statusCode !== 201) return;
      const { eventId } = JSON.parse(answer.body ?? '');
      expect((await getAlert(httpEvent({ params: { eventId } }))).body).toBe(answer.body);
    }),
    RUNS,
  );
});

test('no path and no query gives a 5xx', async () => {
  const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const since = fc.oneof(
    anyText,
    time,
    fc.base64String(),
    fc.stringMatching(/^\d{1,20}\.\d{1,20}(\.\d{1,16})?$/).map(btoa),
  );
  await fc.assert(
    fc.asyncProperty(since, anyText, anyText, async (cursor, limit, eventId) => {
      const query: Record<string, string> = limit === '' ? { since: cursor } : { since: cursor, limit };
      const listed = await listNotifications(httpEvent({ query }));
      const onlySince = await listNotifications(httpEvent({ query: { since: cursor } }));
      const got = await getAlert(httpEvent({ params: { eventId } }));
      for (const { statusCode } of [listed, onlySince, got]) expect([200, 400, 404]).toContain(statusCode);
    }),
    RUNS,
  );
});
