import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { LIST_BEGINNING, type ListStart, listStartSchema } from './notification-cursor.ts';
import { listNotifications } from './notification-list-store.ts';

/** How long a skipped row is waited for before it counts as skipped. */
const MUTANT_DEADLINE_MS = 1_000;
/** A statement that need not wait for its turn is through by then. */
const TURN_MS = 300;

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 4, timeoutMs: 10_000, applicationName: 'test' });
});

beforeEach(() => db.pool.query('TRUNCATE db_first.notifications'));

afterAll(async () => {
  await database.close();
  await db.drop();
});

async function notifyBy(client: pg.Pool | pg.PoolClient, eventId: string = randomUUID(), at = new Date()) {
  await client.query(
    `INSERT INTO db_first.notifications
       (event_id, patient_id, device_id, ward, kind, severity, message, detected_at, stored_at, notified_at)
     VALUES ($1, 'p', 'd', 'w', 'VT', 'high', 'm', $2, $2, $2)`,
    [eventId, at],
  );
  return eventId;
}

/** Reads on from a start to the end of what is visible, page by page. */
async function readOn(start: ListStart): Promise<{ seen: string[]; next: ListStart }> {
  const seen: string[] = [];
  let next = start;
  for (;;) {
    const page = await listNotifications(next, 3, { database, recordMetric: () => undefined });
    next = listStartSchema.parse(page.nextCursor);
    if (page.notifications.length === 0) return { seen, next };
    seen.push(...page.notifications.map(({ eventId }) => eventId));
  }
}

async function readAll(start: ListStart, count: number, deadlineMs?: number): ReturnType<typeof readOn> {
  const seen: string[] = [];
  let next = start;
  const readMore = async () => {
    const more = await readOn(next);
    next = more.next;
    seen.push(...more.seen);
    return seen.length >= count;
  };
  await eventually(`${count} notifications`, readMore, deadlineMs);
  return { seen, next };
}

/** A reader that pages while a transaction that began earlier is still open must see its row later. */
async function checkNoneSkipped(deadlineMs?: number): Promise<void> {
  const slow = await db.pool.connect();
  await slow.query('BEGIN');
  const late = await notifyBy(slow);
  const recording = notifyBy(db.pool);
  await Promise.race([recording, sleep(TURN_MS)]); // it waits for its turn, or (the mutant) is there already
  const before = await readOn(LIST_BEGINNING);
  await slow.query('COMMIT');
  slow.release();
  const early = await recording;
  const after = await readAll(before.next, 2 - before.seen.length, deadlineMs);
  expect([...before.seen, ...after.seen].toSorted()).toEqual([late, early].toSorted());
}

describe('listing notifications', () => {
  test('pages through all of them, each once, in a stable order', async () => {
    const sent: string[] = [];
    for (let i = 0; i < 10; i += 1) sent.push(await notifyBy(db.pool));
    const { seen, next } = await readAll(LIST_BEGINNING, 10);
    expect(seen).toEqual(sent);
    expect(await readOn(next)).toMatchObject({ seen: [] });
    const last = await notifyBy(db.pool);
    expect((await readAll(next, 1)).seen).toEqual([last]);
  });

  test('since an instant, on every page', async () => {
    const now = Date.now();
    await notifyBy(db.pool, randomUUID(), new Date(now - 60_000));
    const sent: string[] = [];
    for (let i = 0; i < 5; i += 1) sent.push(await notifyBy(db.pool, randomUUID(), new Date(now + i)));
    await notifyBy(db.pool, randomUUID(), new Date(now - 60_000));
    const since = listStartSchema.parse(new Date(now).toISOString());
    expect((await readAll(since, 5)).seen).toEqual(sent);
  });

  test('skips none that commits late', async () => {
    await checkNoneSkipped();
  });

  test('shows one at once, whatever else is open in the cluster', async () => {
    const other = await testDatabase({ migrated: false });
    const stranger = await other.pool.connect();
    await stranger.query('BEGIN');
    await stranger.query('SELECT pg_current_xact_id()');
    const told = await notifyBy(db.pool);
    expect((await readOn(LIST_BEGINNING)).seen).toEqual([told]);
    await stranger.query('ROLLBACK');
    stranger.release();
    await other.drop();
  });

  test('a cursor that is not ours is refused', () => {
    const broken = ['', 'x', 'MS4', Buffer.from('1.999999999999999').toString('base64url'), '9'.repeat(30), '\u0000'];
    for (const since of broken) expect(listStartSchema.safeParse(since).success, since).toBe(false);
  });
});

test('mutant: recording out of turn skips the late one', async () => {
  await db.pool.query('ALTER TABLE db_first.notifications DISABLE TRIGGER record_in_turn');
  await expect(checkNoneSkipped(MUTANT_DEADLINE_MS)).rejects.toThrow();
  await db.pool.query('ALTER TABLE db_first.notifications ENABLE TRIGGER record_in_turn');
});
