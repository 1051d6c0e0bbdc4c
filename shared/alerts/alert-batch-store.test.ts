import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import { type AlertCheckpoint, storeAlertBatch, type TracedAlert } from './alert-batch-store.ts';
import { queuedAlert } from './alert-message.ts';

const DELIVERIES_AT_ONCE = 8;
const ROUNDS = 6;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 10, timeoutMs: 20_000, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});

type Store = (batch: readonly TracedAlert[]) => Promise<unknown>;
const store = (batch: readonly TracedAlert[]) => storeAlertBatch(batch, { database, recordMetric: () => undefined });
const traced = (alert = anAlert()): TracedAlert => ({ alert, traceparent: 'none' });
const many = (count: number) => Array.from({ length: count }, () => traced());
const idsOf = (batch: readonly TracedAlert[]) => [...new Set(batch.map(({ alert }) => alert.eventId))].sort();

async function outboxOf(ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.pool.query(
    `SELECT message FROM pgmq.q_at_least_once_alerts WHERE message->>'eventId' = ANY($1)`,
    [ids],
  );
  return rows.map(({ message }) => queuedAlert.parse(message).eventId).sort();
}

async function storedOf(ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.pool.query('SELECT event_id FROM at_least_once.alerts WHERE event_id = ANY($1)', [ids]);
  return rows.map(({ event_id }) => event_id).sort();
}

describe('a batch', () => {
  test('is stored, and each of its alerts queued for staff', async () => {
    const batch = many(20);
    expect(await store(batch)).toEqual(batch.map(() => 'stored'));
    expect(await storedOf(idsOf(batch))).toEqual(idsOf(batch));
    expect(await outboxOf(idsOf(batch))).toEqual(idsOf(batch));
  });

  test('that comes again, in part or whole, changes nothing', async () => {
    const batch = many(3);
    const more = traced();
    await store(batch.slice(0, 2));
    expect(await store([...batch, more])).toEqual(['same', 'same', 'stored', 'stored']);
    expect(await store(batch)).toEqual(['same', 'same', 'same']);
    expect(await outboxOf(idsOf([...batch, more]))).toEqual(idsOf([...batch, more]));
  });

  test('with an event twice stores it as it came first, and says of the other what it is', async () => {
    const one = traced();
    const other = { ...one, alert: { ...one.alert, severity: 'low' as const } };
    expect(await store([one, one, other])).toEqual(['stored', 'same', 'different']);
    expect(await store([other, one])).toEqual(['different', 'same']);
    const { rows } = await db.pool.query('SELECT severity FROM at_least_once.alerts WHERE event_id = $1', [
      one.alert.eventId,
    ]);
    expect(rows).toEqual([{ severity: 'high' }]);
  });

  test('without an alert, or with none that is new, sends nothing', async () => {
    expect(await store([])).toEqual([]);
    const batch = many(1);
    await store(batch);
    await store(batch);
    expect(await outboxOf(idsOf(batch))).toHaveLength(1);
  });

  test('that fails in part is not stored at all', async () => {
    const good = traced();
    const bad = traced(anAlert({ ward: '' }));
    await expect(store([good, bad])).rejects.toThrow();
    expect(await storedOf(idsOf([good]))).toEqual([]);
    expect(await outboxOf(idsOf([good]))).toEqual([]);
  });

  test('keeps evidence of every form', async () => {
    const alerts = [anAlert({ evidence: [1, { a: null }] }), anAlert({ evidence: { 'ключ"\\': ['}', '{'] } })];
    const { evidence: _, ...plain } = anAlert();
    await store([...alerts.map(traced), traced(plain)]);
    const { rows } = await db.pool.query('SELECT evidence FROM at_least_once.alerts WHERE event_id = $1', [
      alerts[1]?.eventId,
    ]);
    expect(rows).toEqual([{ evidence: alerts[1]?.evidence }]);
  });
});

/** Batches that overlap, delivered at once by several consumers and in any order: each event once in table and outbox. */
async function checkOnce(storing: Store): Promise<void> {
  const alerts = many(12);
  const ids = idsOf(alerts);
  const shuffles = fc.sample(fc.shuffledSubarray(alerts, { minLength: 6 }), DELIVERIES_AT_ONCE);
  await Promise.all([alerts, ...shuffles].map(storing));
  expect(await storedOf(ids)).toEqual(ids);
  expect(await outboxOf(ids)).toEqual(ids);
}

describe('delivered at once, and again', () => {
  test('each event is stored and queued once, and no batch waits in a circle', async () => {
    for (let round = 0; round < ROUNDS; round += 1) await checkOnce(store);
  });

  test('mutant: an outbox that does not ask what was new tells staff again', async () => {
    const careless: Store = async (batch) => {
      await store(batch);
      for (const { alert } of batch)
        await db.pool.query(`SELECT pgmq.send('at_least_once_alerts', $1)`, [
          JSON.stringify({ ...alert, evidence: undefined, storedAt: alert.detectedAt }),
        ]);
    };
    await expect(checkOnce(careless)).rejects.toThrow();
  });
});

describe('a batch with a checkpoint', () => {
  const quiet = () => undefined;
  const pool = () => db.pool;
  const owned = async (consumer: string) => takeOver({ pool: pool(), consumer, lockTimeoutMs: 5_000 });
  const positionOf = async (consumer: string) => {
    const { rows } = await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [consumer]);
    return rows[0]?.position ?? null;
  };
  const storeAs = (batch: readonly TracedAlert[], checkpoint: AlertCheckpoint) =>
    storeAlertBatch(batch, { database, recordMetric: quiet, checkpoint });

  test('moves the position with its rows', async () => {
    const { epoch } = await owned('c1');
    expect(await storeAs(many(3), { consumer: 'c1', epoch, position: 30n })).toEqual(['stored', 'stored', 'stored']);
    expect(await positionOf('c1')).toBe('30');
    await storeAs(many(1), { consumer: 'c1', epoch });
    await storeAs(many(1), { consumer: 'c1', epoch, position: 10n });
    expect(await positionOf('c1')).toBe('30');
  });

  test('leaves the position where something came before: its dead letter, if it is another alert, has to come first', async () => {
    const { epoch } = await owned('c2');
    const batch = many(2);
    await storeAs(batch.slice(0, 1), { consumer: 'c2', epoch, position: 1n });
    expect(await storeAs(batch, { consumer: 'c2', epoch, position: 2n })).toEqual(['same', 'stored']);
    expect(await positionOf('c2')).toBe('1');
  });

  test('of a former owner changes nothing', async () => {
    const { epoch } = await owned('c3');
    await owned('c3');
    const batch = many(2);
    await expect(storeAs(batch, { consumer: 'c3', epoch, position: 5n })).rejects.toMatchObject({ code: 'fenced_out' });
    expect(await storedOf(idsOf(batch))).toEqual([]);
    expect(await outboxOf(idsOf(batch))).toEqual([]);
    expect(await positionOf('c3')).toBe(null);
  });

  /** A new owner takes over while a batch of the former one waits for the partition's row. */
  async function overtaken(storing: (batch: readonly TracedAlert[], checkpoint: AlertCheckpoint) => Promise<unknown>) {
    const consumer = `o${randomUUID()}`;
    const { epoch } = await owned(consumer);
    const taking = await db.pool.connect();
    await taking.query('BEGIN');
    await taking.query('UPDATE idempotency.consumers SET epoch = epoch + 1 WHERE consumer = $1', [consumer]);
    const batch = many(1);
    const stored = storing(batch, { consumer, epoch, position: 9n }).catch((error: unknown) => error);
    await Promise.race([stored, eventually('the batch waits', async () => (await waiting()) > 0)]);
    await taking.query('COMMIT');
    taking.release();
    await stored;
    return storedOf(idsOf(batch));
  }
  const waiting = async () => {
    const { rows } = await db.pool.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return rows[0].n;
  };

  test('that a new owner overtakes changes nothing', async () => {
    expect(await overtaken(storeAs)).toEqual([]);
  });

  test('mutant: without the fence it lands', async () => {
    expect(await overtaken((batch) => store(batch))).toHaveLength(1);
  });
});
