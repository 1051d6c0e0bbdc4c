import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import { queuedAlert } from './alert-message.ts';
import { storeAlert } from './alert-store.ts';
import { recordNotifications } from './notification-list-store.ts';
import type { QueuedMessage } from './notification-store.ts';

const CONCURRENT_DELIVERIES = 12;

let db: TestDatabase;
let database: Database;
const quiet = () => undefined;

beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 10, timeoutMs: 10_000, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await db.drop();
});

type Notify = (messages: readonly QueuedMessage[]) => Promise<Set<string>>;
const notify: Notify = (messages) => recordNotifications(messages, { database, recordMetric: quiet });

/** Stored alerts and their messages, as a trigger would deliver them. */
async function deliveries(count: number): Promise<QueuedMessage[]> {
  const alerts = Array.from({ length: count }, () => anAlert());
  for (const alert of alerts) await storeAlert(alert, { database, recordMetric: quiet, traceparent: 'none' });
  const { rows } = await db.pool.query(
    `SELECT msg_id, message FROM pgmq.q_db_first_alerts WHERE message->>'eventId' = ANY($1) ORDER BY msg_id`,
    [alerts.map(({ eventId }) => eventId)],
  );
  return rows.map(({ msg_id, message }) => ({ messageId: msg_id, message: queuedAlert.parse(message) }));
}

const idsOf = (messages: readonly QueuedMessage[]) => messages.map(({ message }) => message.eventId);

async function notificationsOf(messages: readonly QueuedMessage[]): Promise<number> {
  const { rows } = await db.pool.query(
    'SELECT count(*)::int AS n FROM db_first.notifications WHERE event_id = ANY($1)',
    [idsOf(messages)],
  );
  return rows[0].n;
}

async function messagesLeft(messages: readonly QueuedMessage[]): Promise<number> {
  const { rows } = await db.pool.query('SELECT count(*)::int AS n FROM pgmq.q_db_first_alerts WHERE msg_id = ANY($1)', [
    messages.map(({ messageId }) => messageId),
  ]);
  return rows[0].n;
}

/** The promise under redelivery: however often and at once it is delivered, staff are told once and the message is gone. */
async function checkNotifiedOnce(notifying: Notify): Promise<void> {
  const messages = await deliveries(3);
  const told = await Promise.all(
    Array.from({ length: CONCURRENT_DELIVERIES }, (_, i) => notifying(i % 2 === 0 ? messages : messages.toReversed())),
  );
  told.push(await notifying(messages), await notifying(messages));
  expect(told.flatMap((events) => [...events]).toSorted()).toEqual(idsOf(messages).toSorted());
  expect(await notificationsOf(messages)).toBe(messages.length);
  expect(await messagesLeft(messages)).toBe(0);
}

/** Notification and deletion are one: when the deletion fails, nobody was told, and when telling fails, the message stays. */
async function checkBothOrNeither(notifying: Notify): Promise<void> {
  const messages = await deliveries(2);
  await db.pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON db_first.notifications FOR EACH STATEMENT EXECUTE FUNCTION refuse()`);
  await notifying(messages).catch(() => undefined);
  await db.pool.query('DROP FUNCTION refuse CASCADE');
  expect([await notificationsOf(messages), await messagesLeft(messages)]).toEqual([0, 2]);
  await notifying(messages);
  expect([await notificationsOf(messages), await messagesLeft(messages)]).toEqual([2, 0]);
}

describe('recording notifications', () => {
  test('tells staff once of each event, whatever is delivered again and at once', async () => {
    await checkNotifiedOnce(notify);
  });

  test('records and deletes together or not at all', async () => {
    await checkBothOrNeither(notify);
  });

  test('one event twice in a batch is one notification, and both messages go', async () => {
    const [first] = await deliveries(1);
    if (!first) throw new Error('no delivery');
    const { rows } = await db.pool.query(`SELECT pgmq.send('db_first_alerts', $1) AS id`, [first.message]);
    const messages = [first, { ...first, messageId: String(rows[0].id) }];
    expect(await notify(messages)).toEqual(new Set([first.message.eventId]));
    expect(await messagesLeft(messages)).toBe(0);
  });

  test('a message that is gone already still gives its notification', async () => {
    const [first] = await deliveries(1);
    if (!first) throw new Error('no delivery');
    const message = { ...first.message, eventId: randomUUID() };
    expect((await notify([{ messageId: '999999999999999999', message }])).size).toBe(1);
  });
});

describe('mutants that the same checks must catch', () => {
  const insert = (messages: readonly QueuedMessage[], conflict: string) =>
    database.query<{ event_id: string }>({
      name: `mutant-${conflict}`,
      text: `INSERT INTO db_first.notifications
               (event_id, patient_id, device_id, ward, kind, severity, message, detected_at, stored_at)
             SELECT id, 'p', 'd', 'w', 'VT', 'high', 'm', now(), now() FROM unnest($1::uuid[]) AS id
             ${conflict} RETURNING event_id`,
      values: [idsOf(messages)],
    });
  const remove = (messages: readonly QueuedMessage[]) =>
    database.query({
      name: 'mutant-delete',
      text: `SELECT pgmq.delete('db_first_alerts', $1::bigint[])`,
      values: [messages.map(({ messageId }) => messageId)],
    });
  const eventsOf = (rows: { event_id: string }[]) => new Set(rows.map(({ event_id }) => event_id));

  test('deletes outside the transaction, first', async () => {
    const mutant: Notify = async (messages) => {
      await remove(messages);
      return eventsOf(await insert(messages, 'ON CONFLICT DO NOTHING'));
    };
    await expect(checkBothOrNeither(mutant)).rejects.toThrow();
  });

  test('overwrites the notification that is there', async () => {
    const mutant: Notify = async (messages) => {
      const rows = await insert(messages, 'ON CONFLICT (event_id) DO UPDATE SET notified_at = now()');
      await remove(messages);
      return eventsOf(rows);
    };
    await expect(checkNotifiedOnce(mutant)).rejects.toThrow();
  });
});
