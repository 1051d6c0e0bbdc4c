import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import type { HttpHandler } from '../../shared/http/http-handler.ts';
import { type HttpEventParts, httpEvent, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as deletePatient } from './delete-patient-thresholds.ts';
import { handler as deleteWard } from './delete-ward-thresholds.ts';
import { handler as getDefault } from './get-default-thresholds.ts';
import { handler as getPatient } from './get-patient-thresholds.ts';
import { handler as getWard } from './get-ward-thresholds.ts';
import { handler as listChanges } from './list-threshold-changes.ts';
import { handler as listThresholds } from './list-thresholds.ts';
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
const DOCTOR = { id: 'doctor-3', role: 'doctor' } as const;
const CHARGE_NURSE = { id: 'nurse-1', role: 'charge-nurse' } as const;
const WHY = { reason: 'Athlete: resting rate of 48' };
const put = (handler: HttpHandler, parts: HttpEventParts, body: object = { limits: LIMITS, ...WHY }) =>
  handler(httpEvent({ method: 'PUT', principal: DOCTOR, body: JSON.stringify(body), ...parts }));
const get = (handler: HttpHandler, parts: HttpEventParts = {}) => handler(httpEvent(parts));
const remove = (handler: HttpHandler, parts: HttpEventParts) =>
  handler(httpEvent({ method: 'DELETE', principal: DOCTOR, query: WHY, ...parts }));
const json = (answer: { body?: string | undefined }) => JSON.parse(answer.body ?? '');
/** What a handler answers, after a check that it is what its route says. */
const asSaid = ({ route }: HttpHandler, answer: { body?: string | undefined }) =>
  route.answers[200]?.parse(json(answer));

describe('a scope', () => {
  test.each([
    ['default', putDefault, getDefault, {}],
    ['ward:icu-1', putWard, getWard, ward],
    ['patient:patient-7', putPatient, getPatient, patient],
  ] as const)('%s is put, read and put again, with its version as ETag', async (scope, putting, getting, parts) => {
    expect(problemIn(await get(getting, parts))).toMatchObject({ status: 404, code: 'thresholds_not_found' });
    const first = await put(putting, parts);
    expect(first).toMatchObject({ statusCode: 200, headers: { etag: '"1"' } });
    expect(json(first)).toMatchObject({ scope, version: 1, updatedBy: DOCTOR.id, reason: WHY.reason });
    const limit = { when: 'always', low: 45, high: 130, delayS: 10, hysteresis: 3, priority: 'medium' };
    expect(json(first).thresholds).toEqual({ limits: { '8867-4': [limit] } });
    expect((await get(getting, parts)).body).toBe(first.body);
    expect(asSaid(putting, first)).toEqual(json(first));
    const news2 = { enabled: false, spo2Scale: 2 };
    expect(json(await put(putting, parts, { limits: {}, news2, ...WHY }))).toMatchObject({
      version: 2,
      thresholds: { limits: {}, news2: { ...news2, supplementalOxygen: false } },
    });
  });

  test('is listed, page by page', async () => {
    for (const id of ['b', 'a', 'c']) await put(putPatient, { params: { patientId: id } });
    const first = json(await get(listThresholds, { query: { limit: '2' } }));
    expect(first).toMatchObject({ scopes: [{ scope: 'patient:a' }, { scope: 'patient:b' }], nextCursor: 'patient:b' });
    const rest = json(await get(listThresholds, { query: { limit: '2', cursor: first.nextCursor } }));
    expect(rest).toEqual({ scopes: [expect.objectContaining({ scope: 'patient:c' })] });
  });

  test('is removed; put again its versions go on', async () => {
    await put(putWard, ward);
    expect(json(await remove(deleteWard, ward))).toEqual({ scope: 'ward:icu-1', version: 2 });
    expect(problemIn(await remove(deleteWard, ward))).toMatchObject({ status: 404, code: 'thresholds_not_found' });
    expect(json(await put(putWard, ward))).toMatchObject({ version: 3 });
  });

  test('405 at its path names every method that there is', async () => {
    const answer = await getWard(httpEvent({ method: 'PATCH', ...ward }));
    expect([answer.statusCode, answer.headers?.['allow']]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
  });
});

describe('what cannot be meant', () => {
  test('is refused with every contradiction and its path, and nothing is stored', async () => {
    const limits = {
      '8867-4': [
        { low: 120, high: 50 },
        { when: 'asleep', low: 40, severeLow: 45 },
      ],
      '59408-5': [{ low: 400 }, { high: 99 }],
      '9279-1': [{}],
    };
    const problem = problemIn(await put(putWard, ward, { limits, ...WHY }));
    expect(problem).toMatchObject({ status: 400, code: 'thresholds_contradict' });
    expect(problem.errors.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'limits.8867-4.0',
        'limits.8867-4.1',
        'limits.59408-5',
        'limits.59408-5.0',
        'limits.9279-1.0',
      ]),
    );
    expect((await get(getWard, ward)).statusCode).toBe(404);
  });

  test.each<[object, string[]]>([
    [{ limits: { 'no such kind': [] }, ...WHY }, ['limits.no such kind']],
    [{ limits: { '8867-4': [{ low: 'x', delayS: 1e6 }] }, ...WHY }, ['limits.8867-4.0.low', 'limits.8867-4.0.delayS']],
    [{ limits: {}, news2: { spo2Scale: 3 }, ...WHY }, ['news2.spo2Scale']],
    [{ limits: {} }, ['reason']],
    // Whoever it was says the token.
    [{ limits: {}, ...WHY, changedBy: 'somebody-else' }, ['changedBy']],
    [{ limits: {}, reason: 'a\u0000b' }, ['reason']],
    [{ ...WHY }, ['limits']],
  ])('what is of another form is validation_failed: %#', async (body, paths) => {
    const problem = problemIn(await put(putDefault, {}, body));
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem.errors.map(({ path }) => path)).toEqual(paths);
  });
});

describe('If-Match', () => {
  const ifMatch = (tag: string) => ({ ...ward, headers: { 'content-type': 'application/json', 'if-match': tag } });

  test.each(['"1"', '"7", "1"', '*'])('%s lets a change of version 1 pass', async (tag) => {
    await put(putWard, ward);
    expect(json(await put(putWard, ifMatch(tag)))).toMatchObject({ version: 2 });
  });

  test.each(['"2"', 'W/"1"', '1', '"x"', ''])('%s does not, and nothing changes', async (tag) => {
    await put(putWard, ward);
    expect(problemIn(await put(putWard, ifMatch(tag)))).toMatchObject({ status: 412, code: 'version_conflict' });
    expect(problemIn(await remove(deleteWard, ifMatch(tag)))).toMatchObject({ status: 412, code: 'version_conflict' });
    expect(json(await get(getWard, ward))).toMatchObject({ version: 1 });
  });

  test('of a scope that is not set passes nothing', async () => {
    expect(problemIn(await put(putWard, ifMatch('*')))).toMatchObject({ code: 'version_conflict' });
    expect(problemIn(await put(putWard, ifMatch('"1"')))).toMatchObject({ code: 'version_conflict' });
  });

  /** Ten who have all read version 1: how many of their changes are taken. */
  async function together(tag: (() => string) | undefined) {
    await put(putWard, ward);
    const parts = tag === undefined ? ward : ifMatch(tag());
    const answers = await Promise.all(Array.from({ length: 10 }, () => put(putWard, parts)));
    return answers.filter(({ statusCode }) => statusCode === 200).length;
  }
  test('of many at once one passes', async () => {
    expect(await together(() => '"1"')).toBe(1);
  });
  test('mutant: without it each overwrites what it has not seen', async () => {
    expect(await together(undefined)).toBe(10);
  });
});

describe('the list of changes', () => {
  const changes = async (query: Record<string, string> = {}) => {
    const answer = await get(listChanges, { query });
    asSaid(listChanges, answer);
    return json(answer);
  };

  test('has each, with before and after, who and why; in the order of the commits', async () => {
    await put(putPatient, patient);
    await put(putPatient, { ...patient, principal: CHARGE_NURSE }, { limits: {}, reason: 'Back to the ward’s' });
    await remove(deletePatient, patient);
    const { changes: all, nextCursor } = await changes();
    const old = { limits: { '8867-4': [expect.objectContaining({ low: 45 })] } };
    const scope = 'patient:patient-7';
    const changedAt = expect.any(String);
    expect(all).toEqual([
      { scope, version: 1, after: old, changedBy: DOCTOR.id, ...WHY, changedAt },
      {
        scope,
        version: 2,
        before: old,
        after: { limits: {} },
        changedBy: CHARGE_NURSE.id,
        reason: 'Back to the ward’s',
        changedAt,
      },
      { scope, version: 3, before: { limits: {} }, changedBy: DOCTOR.id, ...WHY, changedAt },
    ]);
    expect(await changes({ since: nextCursor })).toEqual({ changes: [], nextCursor });
    const page = await changes({ limit: '1' });
    expect(page.changes).toHaveLength(1);
    expect((await changes({ since: page.nextCursor })).changes).toHaveLength(2);
  });

  test('has those by hand, too, under the database’s user', async () => {
    await put(putWard, ward);
    await db.pool.query(`UPDATE vitals.thresholds SET document = '{"limits":{}}', updated_by = 'me', version = 99`);
    await db.pool.query(`DELETE FROM vitals.thresholds`);
    const { rows } = await db.pool.query('SELECT current_user AS name');
    const byHand = { changedBy: rows[0].name, reason: 'changed in the database by hand' };
    expect((await changes()).changes).toMatchObject([
      { version: 1, changedBy: DOCTOR.id },
      { version: 2, after: { limits: {} }, ...byHand },
      { version: 3, before: { limits: {} }, ...byHand },
    ]);
  });

  test('has no gap and no repetition where many change, remove and set again at once', async () => {
    const someone = async (index: number) =>
      index % 3 === 2 ? await remove(deleteWard, ward) : await put(putWard, ward);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => someone(index)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).not.toContain(500);
    const done = answers.filter(({ statusCode }) => statusCode === 200);
    const { changes: all } = await changes();
    expect(all.map(({ version }: { version: number }) => version)).toEqual(done.map((_, index) => index + 1));
  });
});
