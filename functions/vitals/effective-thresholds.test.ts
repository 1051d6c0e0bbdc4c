import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import type { HttpHandler } from '../../shared/http/http-handler.ts';
import { type HttpEventParts, httpEvent } from '../../shared/testing/http-event.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/vitals/thresholds.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as getPatient } from './get-patient-thresholds.ts';
import { handler as putDefault } from './put-default-thresholds.ts';
import { handler as putPatient } from './put-patient-thresholds.ts';
import { handler as putWard } from './put-ward-thresholds.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterEach(() => db.pool.query('TRUNCATE vitals.thresholds, vitals.threshold_changes RESTART IDENTITY'));
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

const ward = { params: { ward: 'icu-1' } };
const patient = { params: { patientId: 'patient-7' } };
const LIMITS = { '8867-4': [{ low: 45, high: 130, delayS: 10, hysteresis: 3 }] };
const WHY = { reason: 'Athlete: resting rate of 48' };
const put = (handler: HttpHandler, parts: HttpEventParts, body: object = { limits: LIMITS, ...WHY }) =>
  handler(httpEvent({ method: 'PUT', body: JSON.stringify(body), ...parts }));
const get = (handler: HttpHandler, parts: HttpEventParts = {}) => handler(httpEvent(parts));
const json = (answer: { body?: string | undefined }) => JSON.parse(answer.body ?? '');
/** What a handler answers, after a check that it is what its route says. */
const asSaid = ({ route }: HttpHandler, answer: { body?: string | undefined }) =>
  route.answers[200]?.parse(json(answer));

describe('what holds', () => {
  const held = async (query: Record<string, string> = {}) => {
    const answer = await get(getPatient, { ...patient, query: { effective: 'true', ...query } });
    asSaid(getPatient, answer);
    return json(answer);
  };

  test('is built in where nobody has set anything', async () => {
    const { limits, news2, from } = await held();
    expect(limits).toEqual(DEFAULT_THRESHOLDS.limits);
    expect(news2).toMatchObject({ enabled: true, spo2Scale: 1 });
    expect(new Set(Object.values(from))).toEqual(new Set(['built-in']));
  });

  test('is each kind’s narrowest, and says whose it is; a broken scope is left out', async () => {
    await put(putDefault, {}, { limits: { '9279-1': [] }, ...WHY });
    await put(putWard, ward, { limits: LIMITS, news2: { spo2Scale: 2 }, ...WHY });
    await put(putPatient, patient, { limits: { '59408-5': [{ low: 85 }] }, ...WHY });
    const { limits, news2, from } = await held({ ward: 'icu-1' });
    expect(from).toMatchObject({
      '9279-1': 'default',
      '8867-4': 'ward:icu-1',
      '59408-5': 'patient:patient-7',
      '2339-0': 'built-in',
      news2: 'ward:icu-1',
    });
    expect([limits['9279-1'], limits['8867-4'][0].low, limits['59408-5'][0].low, news2.spo2Scale]).toEqual([
      [],
      45,
      85,
      2,
    ]);
    expect((await held()).from).toMatchObject({ '8867-4': 'built-in' });
    await db.pool.query(
      `UPDATE vitals.thresholds SET document = '{"limits":{"59408-5":[{}]}}' WHERE scope LIKE 'patient:%'`,
    );
    expect((await held({ ward: 'icu-1' })).from).toMatchObject({ '59408-5': 'built-in' });
    expect(json(await get(getPatient, patient))).toMatchObject({ fault: expect.stringContaining('limits.59408-5.0') });
  });
});
