import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { LIST_BEGINNING, type ListStart, listStartSchema } from './notification-cursor.ts';
import { listNotifications } from './notification-list-store.ts';

/** How long a skipped row is waited for before it counts as skipped. */
const MUTANT_DEADLINE_MS = 1_000;

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
type ReadOn = (start: ListStart) => Promise<{ seen: string[]; next: ListStart }>;
const readOn: ReadOn = async (start) => {
  const seen: string[] = [];
  let next = start;
  for (;;) {
    const page = await listNotifications(next, 3, { database, recordMetric: () => undefined });
    next = listStartSchema.parse(page.nextCursor);
    if (page.notifications.length === 0) return { seen, next };
    seen.push(...page.notifications.map(({ eventId }) => eventId));
  }
};

/** Other databases of the server share its transaction ids: a row may be held back for a moment by a test beside this one. */
async function readAll(reading: ReadOn, start: ListStart, count: number, deadlineMs?: number): ReturnType<ReadOn> {
  const seen: string[] = [];
  let next = start;
  const readMore = async () => {
    const more = await reading(next);
    next = more.next;
    seen.push(...more.seen);
    return seen.length >= count;
  };
  await eventually(`${count} notifications`, readMore, deadlineMs);
  return { seen, next };
}

/** A reader that pages while a transaction with a lower number is still open must see its row later. */
async function checkNoneSkipped(reading: ReadOn, deadlineMs?: number): Promise<void> {
  const slow = await db.pool.connect();
  await slow.query('BEGIN');
  const late = await notifyBy(slow);
  const early = await notifyBy(db.pool);
  const before = await reading(LIST_BEGINNING);
  await slow.query('COMMIT');
  slow.release();
  const after = await readAll(reading, before.next, 2 - before.seen.length, deadlineMs);
  expect([...before.seen, ...after.seen].toSorted()).toEqual([late, early].toSorted());
}

describe('listing notifications', () => {
  test('pages through all of them, each once, in a stable order', async () => {
    const sent: string[] = [];
    for (let i = 0; i < 10; i += 1) sent.push(await notifyBy(db.pool));
    const { seen, next } = await readAll(readOn, LIST_BEGINNING, 10);
    expect(seen).toEqual(sent);
    expect(await readOn(next)).toMatchObject({ seen: [] });
    const last = await notifyBy(db.pool);
    expect((await readAll(readOn, next, 1)).seen).toEqual([last]);
  });

  test('since an instant, on every page', async () => {
    const now = Date.now();
    await notifyBy(db.pool, randomUUID(), new Date(now - 60_000));
    const sent: string[] = [];
    for (let i = 0; i < 5; i += 1) sent.push(await notifyBy(db.pool, randomUUID(), new Date(now + i)));
    await notifyBy(db.pool, randomUUID(), new Date(now - 60_000));
    const since = listStartSchema.parse(new Date(now).toISOString());
    expect((await readAll(readOn, since, 5)).seen).toEqual(sent);
  });

  test('skips none that commits late', async () => {
    await checkNoneSkipped(readOn);
  });

  test('a cursor that is not ours is refused', () => {
    const broken = ['', 'x', 'MQ', Buffer.from('1.1.999999999999999').toString('base64url'), '9'.repeat(30), '\u0000'];
    for (const since of broken) expect(listStartSchema.safeParse(since).success, since).toBe(false);
  });
});

test('mutant: a cursor on the sequence alone skips the late one', async () => {
  const bySequence: ReadOn = async (start) => {
    const rows = await database.query<{ event_id: string; sequence: string }>({
      name: 'mutant-list',
      text: 'SELECT event_id, sequence FROM db_first.notifications WHERE sequence > $1 ORDER BY sequence',
      values: [start.sequence],
    });
    return { seen: rows.map((r) => r.event_id), next: { ...start, sequence: rows.at(-1)?.sequence ?? start.sequence } };
  };
  await expect(checkNoneSkipped(bySequence, MUTANT_DEADLINE_MS)).rejects.toThrow();
});
