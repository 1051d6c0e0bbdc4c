import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { migrate } from './migrate.ts';

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
  await broken.drop();
});
