import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { createMetricBridge } from './bridge.ts';
import { createCommitRate } from './commit-rate.ts';
import { startDatabaseSampler } from './database-sampler.ts';
import { readDatabaseSample } from './database-sampler-store.ts';
import { sampleOf } from './testing/exposition.ts';

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await testDatabase({ migrated: false });
  pool = new pg.Pool({ connectionString: db.url });
  pool.on('error', () => undefined); // dropping the database may cut a connection that is closing
  await db.pool.query('CREATE TABLE committed (x int)');
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});

const TIMEOUT_MS = 5_000;

/** Commits `count` inserts, each a transaction, on a session of its own, and has it report them. */
async function commit(count: number): Promise<void> {
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  for (let n = 1; n < count; n += 1) await client.query('INSERT INTO committed VALUES (1)');
  await client.query('INSERT INTO committed SELECT 1 FROM (SELECT pg_stat_force_next_flush()) AS flush');
  await client.end();
}

describe('db_tps', () => {
  test('counts a known number of commits, and its own not', async () => {
    const COMMITS = 500;
    /** A session's start commits once or twice itself, and the server's own workers may look in. */
    const TOLERANCE = 10;
    const before = await readDatabaseSample(pool, TIMEOUT_MS);
    await commit(COMMITS);
    let readings = 0;
    await eventually('the commits to be in the statistics', async () => {
      readings += 1;
      return (await readDatabaseSample(pool, TIMEOUT_MS)).commits - before.commits - readings >= COMMITS;
    });
    readings += 1;
    const counted = (await readDatabaseSample(pool, TIMEOUT_MS)).commits - before.commits - readings;
    expect(counted).toBeGreaterThanOrEqual(COMMITS);
    expect(counted).toBeLessThanOrEqual(COMMITS + TOLERANCE);
  });

  test('mutant: without taking off its own commits, an idle database would seem busy', async () => {
    const READINGS = 50;
    const TOLERANCE = 10;
    const before = await readDatabaseSample(pool, TIMEOUT_MS);
    let after = before;
    const rate = createCommitRate();
    let tps: number | undefined;
    for (let n = 0; n < READINGS; n += 1) {
      after = await readDatabaseSample(pool, TIMEOUT_MS);
      tps = rate.take(after.commits, n * 100);
    }
    expect(after.commits - before.commits).toBeGreaterThanOrEqual(READINGS);
    expect(tps).toBeLessThanOrEqual(TOLERANCE / 5);
  });
});

describe('the sampler', () => {
  test('takes no queue that is dropped meanwhile for an outage', async () => {
    const QUEUES = 20;
    const names = Array.from({ length: QUEUES }, (_, n) => `short_lived_${n}`);
    for (const name of names) await db.pool.query('SELECT pgmq.create($1)', [name]);
    const warnings: string[] = [];
    const bridge = createMetricBridge();
    const sampler = startDatabaseSampler({ pool, bridge, warn: (text) => warnings.push(text), everyMs: 1 });
    await eventually('a sample', async () => (await bridge.render()).includes('short_lived_0'));
    for (const name of names) await db.pool.query('SELECT pgmq.drop_queue($1)', [name]);
    await eventually('the queues to leave', async () => !(await bridge.render()).includes('short_lived'));
    await sampler.stop();
    expect(warnings).toEqual([]);
  });

  test('reports a queue that pgmq lists though it is not there', async () => {
    await db.pool.query(
      "INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged) VALUES ('ghost', false, false)",
    );
    const warnings: string[] = [];
    const sampler = startDatabaseSampler({
      pool,
      bridge: createMetricBridge(),
      warn: (text) => warnings.push(text),
      everyMs: 1,
    });
    await eventually('the warning', () => warnings.length > 0);
    await sampler.stop();
    await db.pool.query("DELETE FROM pgmq.meta WHERE queue_name = 'ghost'");
    expect(warnings).toEqual([expect.stringContaining('q_ghost')]);
  });

  test('shows the commit rate and every queue, and drops a queue that is gone', async () => {
    await db.pool.query("SELECT pgmq.create('staff'), pgmq.create('staff_dlq')");
    await db.pool.query("SELECT pgmq.send('staff', '{}') FROM generate_series(1, 5)");
    await db.pool.query("SELECT pgmq.read('staff', 60, 2)");
    await db.pool.query("UPDATE pgmq.q_staff SET enqueued_at = now() - interval '90 seconds' WHERE msg_id = 1");
    const bridge = createMetricBridge();
    const warnings: string[] = [];
    const sampler = startDatabaseSampler({ pool, bridge, warn: (text) => warnings.push(text), everyMs: 50 });
    try {
      const staff = { queue: 'staff' };
      const text = await eventually('two samples', async () => {
        const rendered = await bridge.render();
        return sampleOf(rendered, 'db_tps') !== undefined && rendered;
      });
      expect(sampleOf(text, 'queue_depth', staff)).toBe(5);
      expect(sampleOf(text, 'queue_visible', staff)).toBe(3);
      expect(sampleOf(text, 'queue_oldest_age_seconds', staff)).toBeGreaterThanOrEqual(90);
      expect(sampleOf(text, 'queue_depth', { queue: 'staff_dlq' })).toBe(0);
      expect(sampleOf(text, 'queue_oldest_age_seconds', { queue: 'staff_dlq' })).toBe(0);

      await db.pool.query("SELECT pgmq.drop_queue('staff')");
      await eventually('the dropped queue to leave', async () => !(await bridge.render()).includes('queue="staff"'));
      await commit(300);
      await eventually('the commits to show', async () => (sampleOf(await bridge.render(), 'db_tps') ?? 0) > 20);
    } finally {
      await sampler.stop();
    }
    expect(warnings).toEqual([]);
  });
});
