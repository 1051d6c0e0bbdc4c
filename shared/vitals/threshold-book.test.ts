import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { resetStage } from '../stages/reset-store.ts';
import { type Link, linkTo } from '../testing/broken-servers.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { loadThresholdBook, type ThresholdBook } from './threshold-book.ts';
import type { Scope } from './threshold-scope.ts';
import { putThresholds, removeThresholds } from './threshold-store.ts';
import { viewOf } from './threshold-view.ts';
import { DEFAULT_THRESHOLDS, thresholdsSchema } from './thresholds.ts';

const FIRST_LOAD_LIMIT_MS = 2_000;

let db: TestDatabase;
let link: Link;
/** The tests' own; the book's goes through the link. */
let direct: Database;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  db = await testDatabase();
  link = await linkTo(Number(new URL(db.url).port));
  direct = createDatabase({ url: db.url, poolSize: 2, timeoutMs: 10_000, applicationName: 'test' });
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  link.restore();
  await db.pool.query('DELETE FROM vitals.thresholds');
});
afterAll(async () => {
  await direct.close();
  await link.close();
  await db.drop();
});

async function open() {
  const url = Object.assign(new URL(db.url), { port: String(link.port) }).href;
  const database = createDatabase({ url, poolSize: 2, timeoutMs: 1_000, applicationName: 'book' });
  const { log, metrics, lines } = keptTelemetry('info');
  const book = await loadThresholdBook({ database, url, log, recordMetric: metrics.recordMetric });
  closing.push(async () => {
    await book.close();
    await database.close();
  });
  const gauge = (name: string) => lines.findLast((line) => name in line)?.[name];
  return { book, lines, gauge };
}

const context = () => ({ database: direct, recordMetric: () => undefined });
const change = (scope: Scope) => ({
  scope,
  changedBy: 'test',
  reason: 'test',
  expected: { mustExist: false, versions: null },
});
const set = (scope: Scope, low: number) =>
  putThresholds(thresholdsSchema.parse({ limits: { '8867-4': [{ low }] } }), change(scope), context());
const lowOf = (book: ThresholdBook, patientId = 'p-1', ward = 'icu-1') =>
  book.view().of(patientId, ward).limits['8867-4']?.[0]?.low;
const BUILT_IN = DEFAULT_THRESHOLDS.limits['8867-4']?.[0]?.low;

test('has what is set from the start, and each change soon after its commit', async () => {
  await set('ward:icu-1', 41);
  const { book, gauge } = await open();
  expect([lowOf(book), lowOf(book, 'p-1', 'icu-2')]).toEqual([41, BUILT_IN]);
  const before = book.view();
  expect(before.of('p-1', 'icu-1')).toBe(before.of('p-1', 'icu-1'));
  await set('patient:p-1', 42);
  await eventually('the patient’s own', () => lowOf(book) === 42);
  expect(lowOf(book, 'p-2')).toBe(41);
  // A view stays as it was, and so does what is made of its documents elsewhere.
  expect(before.of('p-1', 'icu-1').limits['8867-4']?.[0]?.low).toBe(41);
  expect(viewOf(JSON.parse(book.view().text))).toMatchObject({ text: book.view().text });
  expect(viewOf(JSON.parse(book.view().text)).of('p-1', 'icu-1')).toEqual(book.view().of('p-1', 'icu-1'));
  await set('default', 43);
  await eventually('the new default', () => lowOf(book, 'p-1', 'icu-2') === 42 && lowOf(book, 'p-2', 'icu-2') === 43);
  await removeThresholds(change('patient:p-1'), context());
  await eventually('the ward’s', () => lowOf(book) === 41);
  await db.pool.query(
    `UPDATE vitals.thresholds SET document = '{"limits":{"8867-4":[{"low":44}]}}' WHERE scope = 'ward:icu-1'`,
  );
  await eventually('what was changed by hand', () => lowOf(book) === 44);
  await resetStage(direct, 'vitals');
  await eventually('what is built in', () => lowOf(book) === BUILT_IN);
  expect(gauge('thresholds_followed')).toBe(1);
});

test('many changes at once end with the last of each', async () => {
  const { book } = await open();
  await Promise.all(Array.from({ length: 40 }, (_, index) => set(`patient:p-${index % 4}`, 30 + index / 10)));
  const { rows } = await db.pool.query(
    `SELECT scope, (document #>> '{limits,8867-4,0,low}')::float8 AS low FROM vitals.thresholds`,
  );
  expect(rows).toHaveLength(4);
  await eventually('the last ones', () =>
    rows.every(({ scope, low }) => lowOf(book, scope.slice('patient:'.length)) === low),
  );
});

test('a broken row is left out loudly, without the patient’s id: what is wider holds; mended, it holds again', async () => {
  await set('ward:icu-1', 41);
  await set('patient:secret-id', 42);
  await db.pool.query(
    `UPDATE vitals.thresholds SET document = '{"limits":{"8867-4":[{"low":90,"high":60}]}}' WHERE scope LIKE 'patient:%'`,
  );
  const { book, lines, gauge } = await open();
  expect(lowOf(book, 'secret-id')).toBe(41);
  const errors = lines.filter(({ level }) => level === 'ERROR');
  expect(errors).toMatchObject([{ scope: 'patient', fault: expect.stringContaining('limits.8867-4.0') }]);
  expect(JSON.stringify(lines)).not.toContain('secret-id');
  expect(gauge('thresholds_broken_scopes')).toBe(1);
  await db.pool.query(`UPDATE vitals.thresholds SET document = '{"limits":{"no such":[]}}' WHERE scope = 'ward:icu-1'`);
  await eventually('the ward’s is broken, too', () => gauge('thresholds_broken_scopes') === 2);
  expect(lowOf(book, 'secret-id')).toBe(BUILT_IN);
  await set('ward:icu-1', 45);
  await set('patient:secret-id', 44);
  await eventually('both mended', () => lowOf(book, 'secret-id') === 44 && lowOf(book) === 45);
  expect(gauge('thresholds_broken_scopes')).toBe(0);
});

test('after a cut it has what changed meanwhile, and hears again; until then the last known holds', async () => {
  await set('ward:icu-1', 41);
  const { book, gauge } = await open();
  link.cut();
  await eventually('the loss is noticed', () => gauge('thresholds_followed') === 0);
  await set('ward:icu-1', 42);
  expect(lowOf(book)).toBe(41);
  link.restore();
  await eventually('what changed meanwhile', () => lowOf(book) === 42);
  await eventually('it hears again', () => gauge('thresholds_followed') === 1);
  await set('ward:icu-1', 43);
  await eventually('the next change', () => lowOf(book) === 43);
});

test('a database that is away at the start: built-in thresholds after 2 s, said so; the others once it is there', async () => {
  await set('ward:icu-1', 41);
  link.cut();
  const startedAt = performance.now();
  const { book, lines } = await open();
  expect(performance.now() - startedAt).toBeLessThan(FIRST_LOAD_LIMIT_MS + 500);
  expect(lowOf(book)).toBe(BUILT_IN);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('built-in') }),
  );
  link.restore();
  await eventually('what is set', () => lowOf(book) === 41);
});
