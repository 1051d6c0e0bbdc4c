import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { migrate } from './migrate.ts';

/** It grows with the square of how many there are: eleven take 2 s, beside much other work half a minute. */
const EVERY_LENGTH_LIMIT_MS = 120_000;

let db: TestDatabase;
const log = () => undefined;

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
});
afterAll(() => db.drop());

test('concurrent starters run each migration once, and a later one runs none', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migrate(db.url, { log })));
  expect(ran.flat()).toEqual([...new Set(ran.flat())]);
  expect(ran.flat()).toContain('0001-db-first');
  expect(await migrate(db.url, { log })).toEqual([]);
  const { rows } = await db.pool.query(`SELECT queue_name FROM pgmq.meta WHERE queue_name LIKE 'db_first%' ORDER BY 1`);
  expect(rows.map(({ queue_name }) => queue_name)).toEqual(['db_first_alerts', 'db_first_alerts_dlq']);
});

test('a database that is away is a transient error', async () => {
  await expect(migrate('postgres://postgres@127.0.0.1:1/x', { log })).rejects.toMatchObject({
    code: 'database_unavailable',
  });
});

test('a migration that fails says why and leaves nothing', async () => {
  const broken = await testDatabase({ migrated: false });
  const client = new pg.Client({ connectionString: broken.url });
  await client.connect();
  await client.query('CREATE SCHEMA db_first');
  await expect(migrate(broken.url, { log })).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringContaining('schema "db_first" already exists'),
  });
  const { rows } = await client.query('SELECT count(*)::int AS n FROM ops.migrations');
  expect(rows).toEqual([{ n: 0 }]);
  await client.end();
  await nobodyIsLeft(broken);
  await broken.drop();
});

test('each migration can be undone, whichever came last, and done again: the schema is the same as before', {
  timeout: EVERY_LENGTH_LIMIT_MS,
}, async () => {
  const round = await testDatabase({ migrated: false });
  const undo = (count: number) =>
    runner({
      databaseUrl: round.url,
      dir: fileURLToPath(new URL('../migrations', import.meta.url)),
      direction: 'down',
      count,
      migrationsTable: 'migrations',
      migrationsSchema: 'ops',
      log,
    });
  const empty = await shapeOf(round.pool);
  const names = await migrate(round.url, { log });
  const complete = await shapeOf(round.pool);
  for (let count = 1; count <= names.length; count += 1) {
    expect((await undo(count)).map(({ name }) => name)).toEqual(names.toReversed().slice(0, count));
    if (count === names.length) expect(await shapeOf(round.pool)).toEqual(empty);
    expect(await migrate(round.url, { log })).toEqual(names.slice(-count));
    expect(await shapeOf(round.pool)).toEqual(complete);
  }
  await nobodyIsLeft(round);
  await round.drop();
});

/** A migration's connection ends a moment after it; ended by the database's removal it would end the process. */
async function nobodyIsLeft({ pool }: TestDatabase): Promise<void> {
  const others = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  await eventually('no session but this', async () => (await pool.query(others)).rowCount === 0);
}

/** Every column, constraint and index, and every queue: what migrations make. Not what node-pg-migrate keeps for itself. */
async function shapeOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ part: string }>(`
    SELECT part FROM (
      SELECT table_schema AS schema, format('column %s.%s %s %s %s %s', table_schema, table_name, column_name, data_type,
        is_nullable, column_default) AS part FROM information_schema.columns
      UNION ALL SELECT connamespace::regnamespace::text, format('constraint %s on %s: %s', conname, conrelid::regclass,
        pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid <> 0
      UNION ALL SELECT schemaname, indexdef FROM pg_indexes
      UNION ALL SELECT pronamespace::regnamespace::text, 'function ' || oid::regprocedure FROM pg_proc
      UNION ALL SELECT nspname::text, 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_'
    ) WHERE schema NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'ops')
    UNION ALL SELECT 'queue ' || queue_name FROM pgmq.meta
    ORDER BY 1`);
  return rows.map(({ part }) => part);
}
