import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import { listReceivedAlerts, recordReceivedAlert } from './at-most-once-store.ts';
import { LIST_BEGINNING, type ListStart, listStartSchema } from './notification-cursor.ts';

/** How long a skipped row is waited for before it counts as skipped. */
const MUTANT_DEADLINE_MS = 1_000;
/** A statement that need not wait for its turn is through by then. */
const TURN_MS = 300;
const BED = 'bed-7';

let db: TestDatabase;
let database: Database;
const recorded: [string, number][] = [];

beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 4, timeoutMs: 10_000, applicationName: 'test' });
});
beforeEach(() => db.pool.query('TRUNCATE at_most_once.notifications'));
afterAll(async () => {
  await database.close();
  await db.drop();
});

const recordMetric: RecordMetric = (name, value, ..._labels) => void recorded.push([name, value]);
const context = () => ({ database, recordMetric });

async function tell(alert = anAlert()): Promise<string> {
  const received = { receivedAt: new Date().toISOString(), receivedMs: performance.now() };
  await recordReceivedAlert({ alert, bed: BED, ...received }, context());
  return alert.eventId;
}

async function readOn(start: ListStart): Promise<{ seen: string[]; next: ListStart }> {
  const seen: string[] = [];
  let next = start;
  for (;;) {
    const page = await listReceivedAlerts(next, 2, context());
    next = listStartSchema.parse(page.nextCursor);
    if (page.notifications.length === 0) return { seen, next };
    seen.push(...page.notifications.map(({ eventId }) => eventId));
  }
}

async function insertBy(client: pg.PoolClient, eventId: string): Promise<void> {
  await client.query(
    `INSERT INTO at_most_once.notifications
       (event_id, patient_id, device_id, ward, bed, kind, severity, message, detected_at, received_at)
     VALUES ($1, 'p', 'd', 'w', 'b', 'VT', 'high', 'm', now(), now())`,
    [eventId],
  );
}

/** A reader that pages while a transaction that began earlier is still open must see its row later. */
async function checkNoneSkipped(deadlineMs?: number): Promise<void> {
  const slow = await db.pool.connect();
  const late = anAlert().eventId;
  await slow.query('BEGIN');
  await insertBy(slow, late);
  const telling = tell();
  await Promise.race([telling, sleep(TURN_MS)]); // it waits for its turn, or (the mutant) is there already
  const before = await readOn(LIST_BEGINNING).finally(() => slow.query('COMMIT'));
  slow.release();
  const early = await telling;
  const seen = [...before.seen];
  let { next } = before;
  await eventually(
    'both notifications',
    async () => {
      const more = await readOn(next);
      next = more.next;
      seen.push(...more.seen);
      return seen.length >= 2;
    },
    deadlineMs,
  );
  expect(seen.toSorted()).toEqual([late, early].toSorted());
}

describe('alerts received at most once', () => {
  test('are told as often as they come, with the bed, in the order they came', async () => {
    const twice = anAlert();
    const sent = [await tell(twice), await tell(), await tell(twice)];
    expect((await readOn(LIST_BEGINNING)).seen).toEqual(sent);
    const { notifications } = await listReceivedAlerts(LIST_BEGINNING, 1, context());
    const { evidence: _, ...facts } = twice;
    expect(notifications).toEqual([
      {
        ...facts,
        bed: BED,
        message: expect.stringContaining(`ward ${twice.ward}, bed ${BED}, patient ${twice.patientId}`),
        receivedAt: expect.stringMatching(/Z$/),
        notifiedAt: expect.stringMatching(/Z$/),
      },
    ]);
  });

  test('are measured, each time', async () => {
    recorded.length = 0;
    const alert = anAlert();
    await tell(alert);
    await tell(alert);
    const names = recorded.map(([name]) => name);
    const each = ['db_insert_latency_ms', 'staff_notified_total', 'notification_latency_ms'];
    expect(names).toEqual([...each, ...each]);
    for (const [, value] of recorded) expect(value).toBeGreaterThan(0);
  });

  test('are skipped by no reader, however late one commits', async () => {
    await checkNoneSkipped();
  });

  test('mutant: recording out of turn skips the late one', async () => {
    await db.pool.query('ALTER TABLE at_most_once.notifications DISABLE TRIGGER record_in_turn');
    await expect(checkNoneSkipped(MUTANT_DEADLINE_MS)).rejects.toThrow();
    await db.pool.query('ALTER TABLE at_most_once.notifications ENABLE TRIGGER record_in_turn');
  });

  test('mutant: a dedupe, as the other stages have, would hide what comes twice', async () => {
    await db.pool.query('CREATE UNIQUE INDEX mutant ON at_most_once.notifications (event_id)');
    const twice = anAlert();
    await tell(twice);
    await expect(tell(twice)).rejects.toThrow(/unique/);
    await db.pool.query('DROP INDEX at_most_once.mutant');
  });
});
