import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { poolOf } from './fixtures.ts';
import { gather } from './gather.ts';
import { groupedRecords, type Records } from './grouped-records.ts';
import { DEFAULT_TABLE } from './record-statements-store.ts';
import { type PutItem, type PutResult, type Queryable, recordStore } from './record-store.ts';

// Calls of one layer that are made at the same time go as one statement; each has to come out as if it were alone.

const EXPIRY_MS = 600_000;
const aPut = (key: string, validation: string | null = null): PutItem => ({
  key: [key],
  status: 'INPROGRESS',
  expiryInMs: EXPIRY_MS,
  inProgressExpiryInMs: EXPIRY_MS,
  validation,
});
const anUpdate = (key: string, data: string) => ({
  key: [key],
  status: 'COMPLETED' as const,
  expiryInMs: EXPIRY_MS,
  data,
  validation: null,
});

let db: TestDatabase;
let pool: pg.Pool;
let sent = 0;
let records: Records;
const counting: Queryable = {
  query(statement, values) {
    sent += 1;
    return pool.query(statement, values);
  },
};
beforeAll(async () => {
  db = await testDatabase();
  pool = poolOf(db.url, { max: 8 });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});
beforeEach(async () => {
  await db.pool.query('TRUNCATE idempotency.keys');
  sent = 0;
  records = groupedRecords(recordStore(counting, DEFAULT_TABLE));
});
const stored = async () =>
  (await db.pool.query<{ id: string; status: string }>('SELECT id, status FROM idempotency.keys ORDER BY id')).rows;
const ids = async () => (await stored()).map(({ id }) => id);

test('fifty calls at once are one statement a kind', async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
  expect(await Promise.all(keys.map((key) => records.put(aPut(key))))).toEqual(keys.map(() => ({ won: true })));
  await Promise.all(keys.map((key) => records.update(anUpdate(key, `"${key}"`))));
  const found = await Promise.all(keys.map((key) => records.get([key])));
  expect(found.map((row) => row?.data)).toEqual(keys.map((key) => `"${key}"`));
  await Promise.all(keys.map((key) => records.delete([key])));
  expect(await stored()).toEqual([]);
  expect(sent).toBe(4);
});

/** The law of one key in one group. @throws when it does not hold. */
async function oneWinner(put: (item: PutItem) => Promise<PutResult>): Promise<void> {
  const results = await Promise.all(['first', 'second', 'third'].map((name) => put(aPut('k', name))));
  expect(results.map(({ won }) => won)).toEqual([true, false, false]);
  for (const result of results.slice(1)) {
    expect(result).toMatchObject({ existing: { status: 'INPROGRESS', validation: 'first' } });
  }
}

test('puts of one key in one group: one winner, the others are shown its record', async () => {
  await oneWinner(records.put);
  expect(sent).toBe(2);
});

test('mutant: a group that has one outcome for a key has several winners', async () => {
  const store = recordStore(counting, DEFAULT_TABLE);
  const shareAll = gather<PutItem, PutResult>({
    keyOf: ({ key }) => key.join(),
    sizeOf: () => 1,
    send: (items) => store.put(items),
    sendAlone: () => Promise.reject(new Error('not asked for')),
    isShared: () => true,
    isOneItems: () => false,
  });
  await expect(oneWinner(shareAll)).rejects.toThrow();
});

test('updates of one key in one group: in the order of the calls', async () => {
  await Promise.all(['1', '2', '3'].map((data) => records.update(anUpdate('k', data))));
  expect((await records.get(['k']))?.data).toBe('3');
});

test.each([
  ['a NUL in the key', () => records.put(aPut('a\u0000b')), '22021'],
  ['a key that is too long for the index', () => records.put(aPut(randomText(9_000))), '54000'],
  ['a time that is none', () => records.put({ ...aPut('x'), expiryInMs: Number.NaN }), '22'],
])('%s fails that put alone', async (_, bad, code) => {
  const [first, failed, last] = await Promise.allSettled([records.put(aPut('a')), bad(), records.put(aPut('b'))]);
  expect([first, last]).toEqual(Array(2).fill({ status: 'fulfilled', value: { won: true } }));
  expect(failed).toMatchObject({ status: 'rejected', reason: { code: expect.stringMatching(`^${code}`) } });
  expect(await ids()).toEqual(['a', 'b']);
});

test('a response that is no JSON fails that update alone', async () => {
  const results = await Promise.allSettled(
    ['1', '{', '3'].map((data, index) => records.update(anUpdate(`k${index}`, data))),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await ids()).toEqual(['k0', 'k2']);
});

test('a row that somebody holds holds up its own call, the others of its group only for a moment', async () => {
  await records.put({ ...aPut('held'), expiryInMs: -1 }); // expired: each put of it wants the row's lock
  const holder = await db.pool.connect();
  try {
    await holder.query(`BEGIN; UPDATE idempotency.keys SET status = status WHERE id = 'held'`);
    let isHeldUp = true;
    const held = [records.put(aPut('held')), records.delete(['held']), records.update(anUpdate('held', '1'))];
    for (const call of held)
      void call.then(() => {
        isHeldUp = false;
      });
    const others = [records.put(aPut('a')), records.delete(['b']), records.update(anUpdate('c', '1'))];
    await Promise.all(others);
    expect(isHeldUp).toBe(true);
    // Nor do those that wait stand in the way of later groups.
    await Promise.all(Array.from({ length: 5 }, (_, index) => records.put(aPut(`later ${index}`))));
    expect(isHeldUp).toBe(true);
    await holder.query('COMMIT');
    await Promise.all(held);
  } finally {
    holder.release();
  }
});

test('a broken connection fails each call of its group, and no other', async () => {
  let isCut = true;
  const cut = groupedRecords(
    recordStore(
      {
        query: (statement, values) =>
          isCut ? pool.query('SELECT pg_terminate_backend(pg_backend_pid())') : pool.query(statement, values),
      },
      DEFAULT_TABLE,
    ),
  );
  const results = await Promise.allSettled(['a', 'b', 'a'].map((key) => cut.put(aPut(key))));
  expect(results.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
  expect(await ids()).toEqual([]);
  isCut = false;
  expect(await cut.put(aPut('a'))).toEqual({ won: true });
});

test('groups of several processes with the same keys, in any order, do not deadlock', async () => {
  const processes = Array.from({ length: 4 }, () => groupedRecords(recordStore(pool, DEFAULT_TABLE)));
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  for (let round = 0; round < 5; round += 1) {
    const winners = await Promise.all(
      processes.map((each, index) =>
        Promise.all((index % 2 === 0 ? keys : keys.toReversed()).map((key) => each.put(aPut(key)))),
      ),
    );
    expect(winners.flat().filter(({ won }) => won)).toHaveLength(keys.length);
    await Promise.all(
      processes.map((each, index) =>
        Promise.all((index % 2 === 0 ? keys : keys.toReversed()).map((key) => each.delete([key]))),
      ),
    );
  }
  const deadlocks = 'SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()';
  await eventually('the count of deadlocks', async () => (await db.pool.query(deadlocks)).rows[0]?.n === 0);
});

/** No compression helps it into the index. */
function randomText(characters: number): string {
  return Array.from({ length: characters / 36 }, () => crypto.randomUUID()).join('');
}
