import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { poolOf } from './fixtures.ts';
import { DEFAULT_TABLE, statementTexts } from './record-statements-store.ts';
import { type Queryable, recordStore } from './record-store.ts';

// The plan that a connection keeps must serve when the table has grown since, before any ANALYZE.

const ROWS = 100_000;
/** Enough to tell a scan of all of it. */
const MUTANT_ROWS = 10_000;
/** Postgres keeps a generic plan from the sixth execution on, if it likes it (plan_cache_mode, PostgreSQL documentation). */
const EXECUTIONS_TILL_KEPT = 8;

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query('ALTER TABLE idempotency.keys SET (autovacuum_enabled = off)');
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.pool.query('TRUNCATE idempotency.keys');
  pool = poolOf(db.url, { max: 1 }); // each with plans of its own
});

async function rowsReadByScans(): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query(
    `SELECT seq_tup_read::int + idx_tup_read::int AS n FROM pg_stat_user_tables
     JOIN (SELECT relid, sum(idx_tup_read) AS idx_tup_read FROM pg_stat_user_indexes GROUP BY relid) USING (relid)
     WHERE relid = 'idempotency.keys'::regclass`,
  );
  return rows[0].n;
}

/** Puts, gets, updates and deletes while the table is empty and then when it is large. @returns rows read for the latter. */
async function readWhenGrown(queryable: Queryable, isVacuumed: boolean, rows = ROWS): Promise<number> {
  if (isVacuumed) await db.pool.query('VACUUM ANALYZE idempotency.keys');
  const store = recordStore(queryable, DEFAULT_TABLE);
  const times = { expiryInMs: 60_000, inProgressExpiryInMs: 60_000 };
  const useAll = async (name: string) => {
    for (let n = 0; n < EXECUTIONS_TILL_KEPT; n += 1) {
      const keys = [[`${name} ${n}`], [`${name} ${n} too`]];
      await store.put(keys.map((key) => ({ key, status: 'INPROGRESS', ...times, validation: null })));
      await store.put(keys.map((key) => ({ key, status: 'INPROGRESS', ...times, validation: null })));
      await store.update(keys.map((key) => ({ key, status: 'COMPLETED', ...times, data: '1', validation: null })));
      await store.get(keys);
      await store.delete(keys);
    }
  };
  await useAll('small');
  await db.pool.query(
    `INSERT INTO idempotency.keys (id, status, expiration)
     SELECT 'row ' || n, 'COMPLETED', now() + interval '1 day' FROM generate_series(1, $1::int) AS n`,
    [rows],
  );
  const before = await rowsReadByScans();
  await useAll('large');
  return (await rowsReadByScans()) - before;
}

test.each([false, true])('no statement reads the whole table (vacuumed while it was empty: %s)', async (isVacuumed) => {
  expect(await readWhenGrown(pool, isVacuumed)).toBeLessThan(ROWS / 100);
  await pool.end();
});

test('mutant: the same put as a prepared statement does', async () => {
  const { put } = statementTexts(DEFAULT_TABLE);
  const preparing: Queryable = {
    query: (statement, values) =>
      pool.query(
        typeof statement === 'string' && statement.includes('put_records') ? { name: 'put', text: put } : statement,
        values,
      ),
  };
  expect(await readWhenGrown(preparing, true, MUTANT_ROWS)).toBeGreaterThan(MUTANT_ROWS);
  await pool.end();
});

test("the function of the default table has the text of every table's put", async () => {
  const { rows } = await db.pool.query<{ body: string }>(
    `SELECT prosrc AS body FROM pg_proc WHERE oid = 'idempotency.put_records'::regproc`,
  );
  const words = (text: string | undefined) => text?.split(/\s+/).join(' ');
  expect(words(rows[0]?.body)).toContain(words(statementTexts(DEFAULT_TABLE).put));
});
