import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from './database.ts';

describe('a test database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase({ migrated: false });
  });
  afterAll(async () => {
    await db.drop();
  });

  test('is a durable Postgres 18 with the real pgmq', async () => {
    const { rows } = await db.pool.query(
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS synchronous_commit, current_setting('full_page_writes') AS full_page_writes,
              (SELECT extversion FROM pg_extension WHERE extname = 'pgmq') AS pgmq`,
    );
    expect(rows[0]).toEqual({
      major: 18,
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      pgmq: '1.11.1',
    });
  });

  test('shares nothing with another one', async () => {
    const other = await testDatabase({ migrated: false });
    await other.pool.query(`SELECT pgmq.create('mine')`);
    expect((await db.pool.query('SELECT queue_name FROM pgmq.list_queues()')).rows).toEqual([]);
    await other.drop();
  });
});
