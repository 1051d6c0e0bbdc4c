import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase } from '../../shared/postgres/database.ts';
import { httpEvent, problemIn } from '../../shared/testing/http-event.ts';
import { HEART_RATE, KIND_CODES, type KindCode, RHYTHM, SPO2, SYSTOLIC } from '../../shared/vitals/kinds.ts';
import { storeReadings } from '../../shared/vitals/reading-store.ts';
import { BEDS as BEDS_STATEMENT } from '../../shared/vitals/ward-read-store.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as listBeds } from './list-beds.ts';
import { handler as listWards } from './list-wards.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const nowMs = Date.now();

const by = (role: string, event: APIGatewayProxyEventV2): APIGatewayProxyEventV2 => ({
  ...event,
  requestContext: { ...event.requestContext, ...{ authorizer: { lambda: { id: 'ann', role } } } },
});
const read = (body: string | undefined) => JSON.parse(body ?? '');
async function wards() {
  const body = read((await listWards(by('nurse', httpEvent()))).body);
  expect(listWards.route.answers[200]?.parse(body)).toEqual(body);
  return body.wards;
}
async function bedsOf(ward: string) {
  const body = read((await listBeds(by('nurse', httpEvent({ params: { ward } })))).body);
  expect(listBeds.route.answers[200]?.parse(body)).toEqual(body);
  return body.beds;
}

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
  const database = createDatabase({ url: db.url, poolSize: 2, timeoutMs: 20_000, applicationName: 'test' });
  const reading = (patientId: string, place: string, code: KindCode, value: number | string | null, agoMs: number) => ({
    patientId,
    ward: place.split('/')[0] ?? '',
    bed: place.split('/')[1] ?? '',
    deviceId: `monitor-${patientId}`,
    simulated: false,
    code,
    atMs: nowMs - agoMs,
    value: typeof value === 'number' ? value : null,
    text: typeof value === 'string' ? value : null,
    validity: value === null ? ('none' as const) : ('valid' as const),
  });
  await storeReadings(
    [
      // Came from icu-2 to icu-1; its blood pressure is hours old, and of there.
      reading('p-1', 'icu-2/b-9', SYSTOLIC, 120, 3 * HOUR_MS),
      reading('p-1', 'icu-2/b-9', HEART_RATE, 70, 30 * MINUTE_MS),
      reading('p-1', 'icu-1/b-2', HEART_RATE, 80, 5_000),
      reading('p-1', 'icu-1/b-2', HEART_RATE, 81, 1_000),
      reading('p-1', 'icu-1/b-2', RHYTHM, 'VT', 2_000),
      reading('p-2', 'icu-1/b-1', SPO2, null, 1_000),
      reading('p-3', 'icu-2/b-1', HEART_RATE, 60, 1_000),
      // Left long ago.
      reading('p-0', 'icu-1/b-1', HEART_RATE, 60, 4 * HOUR_MS),
    ],
    { database, recordMetric: () => undefined },
  );
  await database.close();
});
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

test('wards are those that readings come from; who has moved counts where they are now', async () => {
  expect(await wards()).toMatchObject([
    { ward: 'icu-1', patients: 2 },
    { ward: 'icu-2', patients: 1 },
  ]);
});

test('of each bed: who lies there, the newest of each kind, and what thresholds hold', async () => {
  const beds = await bedsOf('icu-1');
  expect(beds).toMatchObject([
    { bed: 'b-1', patientId: 'p-2', readings: [{ short: 'SpO2', value: null, validity: 'none' }] },
    { bed: 'b-2', patientId: 'p-1', deviceId: 'monitor-p-1' },
  ]);
  const values = (beds[1].readings as { short: string; value: unknown }[]).map(({ short, value }) => [short, value]);
  expect(new Map(values as [string, unknown][])).toEqual(
    new Map<string, unknown>([
      ['SBP', 120],
      ['HR', 81],
      ['ECG', 'VT'],
    ]),
  );
  expect(beds[1].thresholds).toMatchObject({ patientId: 'p-1', ward: 'icu-1', from: { news2: 'built-in' } });
  expect(beds[1].thresholds.limits[HEART_RATE][0]).toMatchObject({ low: 50, high: 120 });
});

test('a ward that nobody lies in is empty; without a token, or as a device, nothing is told', async () => {
  expect(await bedsOf('icu-9')).toEqual([]);
  const nobody = httpEvent({ params: { ward: 'icu-1' }, principal: null });
  expect(problemIn(await listBeds({ ...nobody, requestContext: { ...nobody.requestContext } })).code).toBe(
    'unauthorized',
  );
  expect(problemIn(await listBeds(by('device', nobody))).code).toBe('role_forbidden');
});

test('five hundred patients of 24 hours are found without reading what they have sent', async () => {
  await db.pool.query(`
    INSERT INTO vitals.readings
    SELECT 'many-' || p, '${HEART_RATE}', now() - n * interval '60 s', 60, NULL, 'valid', false, 'icu-' || p % 20, 'b-' || p, 'd'
    FROM generate_series(1, 500) AS p, generate_series(0, 119) AS n`);
  await db.pool.query('ANALYZE vitals.readings');
  expect(await bedsOf('icu-7')).toHaveLength(25);
  const { rows } = await db.pool.query<{ 'QUERY PLAN': { Plan: object; 'Execution Time': number }[] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${BEDS_STATEMENT}`,
    [KIND_CODES, 'icu-7'],
  );
  const [plan] = rows[0]?.['QUERY PLAN'] ?? [];
  expect(JSON.stringify(plan)).not.toContain('"Seq Scan"');
});
