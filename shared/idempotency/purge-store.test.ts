import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { purgeExpired } from './index.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() =>
  db.pool.query(`TRUNCATE idempotency.keys;
    INSERT INTO idempotency.keys (id, status, expiration)
    SELECT 'old' || n, 'COMPLETED', now() - n * interval '1 min' FROM generate_series(1, 25) AS n;
    INSERT INTO idempotency.keys (id, status, expiration) VALUES ('live', 'COMPLETED', now() + interval '1 h')`),
);
const left = async () => (await db.pool.query('SELECT id FROM idempotency.keys ORDER BY id')).rows.map(({ id }) => id);

test('deletes expired records only, in batches, the oldest first', async () => {
  expect(await purgeExpired({ pool: db.pool, batchSize: 10 })).toBe(10);
  expect(await left()).toEqual(['live', ...Array.from({ length: 15 }, (_, n) => `old${n + 1}`)].sort());
  expect(await purgeExpired({ pool: db.pool, batchSize: 10 })).toBe(10);
  expect(await purgeExpired({ pool: db.pool, batchSize: 10 })).toBe(5);
  expect(await purgeExpired({ pool: db.pool, batchSize: 10 })).toBe(0);
  expect(await left()).toEqual(['live']);
});

test('several at once neither wait for each other nor count a row twice', async () => {
  const counts = await Promise.all([1, 2, 3].map(() => purgeExpired({ pool: db.pool, batchSize: 25 })));
  expect(counts.reduce((sum, count) => sum + count)).toBe(25);
});

test('a record that somebody holds is left, and what he renews stays', async () => {
  const holder = await db.pool.connect();
  await holder.query(`BEGIN; UPDATE idempotency.keys SET expiration = now() + interval '1 h' WHERE id = 'old7'`);
  expect(await purgeExpired({ pool: db.pool, batchSize: 100 })).toBe(24);
  await holder.query('COMMIT');
  holder.release();
  expect(await purgeExpired({ pool: db.pool, batchSize: 100 })).toBe(0);
  expect(await left()).toEqual(['live', 'old7']);
});

test('a table of two keys and odd names', async () => {
  await db.pool.query(`CREATE TABLE "Odd" (a text, "B" text, "e" timestamptz, PRIMARY KEY (a, "B"));
    INSERT INTO "Odd" VALUES ('s', 'old', now() - interval '1 s'), ('s', 'live', now() + interval '1 h')`);
  const options = { tableName: 'Odd', keyAttr: 'a', sortKeyAttr: 'B', expiryAttr: 'e', batchSize: 10 };
  expect(await purgeExpired({ pool: db.pool, ...options })).toBe(1);
});

test.each([0, -1, 1.5, Number.NaN])('a batch size of %d is refused', async (batchSize) => {
  await expect(purgeExpired({ pool: db.pool, batchSize })).rejects.toThrow(RangeError);
});

test.each([
  ['idempotency.keys', 'keys_by_expiration'],
  ['idempotency.once', 'once_by_expiration'],
])('in %s the expired are found by index', async (table, index) => {
  const client = await db.pool.connect();
  await client.query('SET enable_seqscan = off');
  const { rows } = await client.query(
    `EXPLAIN SELECT 1 FROM ${table} WHERE expiration < statement_timestamp() ORDER BY expiration LIMIT 10`,
  );
  client.release(true);
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(new RegExp(`${index}[^]*Index Cond`));
});
