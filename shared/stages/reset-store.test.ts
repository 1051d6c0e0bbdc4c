import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { resetStage } from './reset-store.ts';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 1, timeoutMs: 10_000, applicationName: 'reset-test' });
  // Two stages as those that are there, one with tables that refer to one another; and a queue that is nearly of its name.
  await db.pool.query(`
    CREATE SCHEMA stage_a;
    CREATE TABLE stage_a.facts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
    CREATE TABLE stage_a.details (fact bigint REFERENCES stage_a.facts, note text);
    CREATE SCHEMA stage_ab;
    CREATE TABLE stage_ab.facts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
  `);
  for (const queue of ['stage_a_work', 'stage_a_work_dlq', 'stage_ab_work']) {
    await db.pool.query('SELECT pgmq.create($1)', [queue]);
  }
});
afterAll(async () => {
  await database.close();
  await db.drop();
});
beforeEach(async () => {
  await resetStage(database, 'stage-a');
  await resetStage(database, 'stage-ab');
  await db.pool.query(`
    INSERT INTO stage_a.facts (note) VALUES ('one'), ('two');
    INSERT INTO stage_a.details VALUES (1, 'of one');
    INSERT INTO stage_ab.facts (note) VALUES ('other');
    SELECT pgmq.send('stage_a_work', '{}'), pgmq.send('stage_a_work_dlq', '{}'), pgmq.send('stage_ab_work', '{}');
  `);
});

async function counts(): Promise<Record<string, number>> {
  const { rows } = await db.pool.query(`
    SELECT (SELECT count(*) FROM stage_a.facts)::int AS facts, (SELECT count(*) FROM stage_a.details)::int AS details,
      (SELECT count(*) FROM pgmq.q_stage_a_work)::int AS queued, (SELECT count(*) FROM pgmq.q_stage_a_work_dlq)::int AS dead,
      (SELECT count(*) FROM stage_ab.facts)::int AS other, (SELECT count(*) FROM pgmq.q_stage_ab_work)::int AS other_queued`);
  return rows[0];
}
const FULL = { facts: 2, details: 1, queued: 1, dead: 1, other: 1, other_queued: 1 };

test('all that a stage has stored and queued is gone, and numbers begin anew; the other stage keeps its own', async () => {
  expect(await counts()).toEqual(FULL);
  await resetStage(database, 'stage-a');
  expect(await counts()).toEqual({ facts: 0, details: 0, queued: 0, dead: 0, other: 1, other_queued: 1 });
  const { rows } = await db.pool.query(`INSERT INTO stage_a.facts (note) VALUES ('again') RETURNING id::int`);
  expect(rows).toEqual([{ id: 1 }]);
});

test.each(['db-first', 'at-most-once'])('the stage %s can be reset, and again when it is empty', async (stage) => {
  await resetStage(database, stage);
  await resetStage(database, stage);
  expect(await counts()).toEqual(FULL);
});

test('a name that is no stage changes nothing', async () => {
  for (const name of ['nowhere', '', "x'; DROP SCHEMA stage_a CASCADE; --", '%']) {
    await resetStage(database, name);
  }
  expect(await counts()).toEqual(FULL);
});
