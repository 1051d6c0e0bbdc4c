import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database, type Statement } from './database.ts';

const TIMEOUT_MS = 2_000;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query('CREATE TABLE notes (id int PRIMARY KEY)');
  // One connection: what a transaction leaves behind on it, the next would meet.
  database = createDatabase({ url: db.url, poolSize: 1, timeoutMs: TIMEOUT_MS, applicationName: 'transaction-test' });
});
beforeEach(() => db.pool.query('TRUNCATE notes'));
afterAll(async () => {
  await database.close();
  await db.drop();
});

const note = (id: number): Statement => ({ name: 'note', text: 'INSERT INTO notes VALUES ($1)', values: [id] });
const notes = async () => (await db.pool.query('SELECT id FROM notes ORDER BY id')).rows.map(({ id }) => id);

test('all of it is there once the work is done, and what the work returns', async () => {
  const result = await database.transaction(async (tx) => {
    await tx.query(note(1));
    await tx.query(note(2));
    expect(await notes()).toEqual([]);
    return 'done';
  });
  expect([result, await notes()]).toEqual(['done', [1, 2]]);
});

test('work that throws leaves nothing, and its error is what is thrown', async () => {
  const work = database.transaction(async (tx) => {
    await tx.query(note(1));
    throw new RangeError('changed my mind');
  });
  await expect(work).rejects.toThrow(new RangeError('changed my mind'));
  expect(await notes()).toEqual([]);
});

test('work that goes on after a statement has failed is not committed', async () => {
  const work = database.transaction(async (tx) => {
    await tx.query(note(1));
    await tx.query(note(1)).catch(() => undefined);
  });
  await expect(work).rejects.toThrow('went on after a statement had failed');
  expect(await notes()).toEqual([]);
  await database.transaction((tx) => tx.query(note(3)));
  expect(await notes()).toEqual([3]);
});

test('a session that is ended in the middle leaves nothing, and the next transaction has another', async () => {
  const work = database.transaction(async (tx) => {
    await tx.query(note(1));
    await db.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'transaction-test' AND datname = current_database()`,
    );
    await tx.query(note(2));
  });
  await expect(work).rejects.toMatchObject({ code: 'database_unavailable' });
  await database.transaction((tx) => tx.query(note(4)));
  expect(await notes()).toEqual([4]);
});

test('a lock that somebody holds is waited for until the limit, not longer', async () => {
  const holder = await db.pool.connect();
  await holder.query('BEGIN; LOCK TABLE notes IN EXCLUSIVE MODE');
  const startedAt = performance.now();
  await expect(database.transaction((tx) => tx.query(note(1)))).rejects.toMatchObject({ code: 'database_slow' });
  expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 500);
  await holder.query('ROLLBACK');
  holder.release();
  await database.transaction((tx) => tx.query(note(5)));
  expect(await notes()).toEqual([5]);
});
