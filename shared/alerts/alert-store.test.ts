import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import type { AlertMessage } from './alert-message.ts';
import { findAlert, type StoreOutcome, storeAlert } from './alert-store.ts';

const CONCURRENT_POSTS = 50;
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let db: TestDatabase;
let database: Database;
const recorded: string[] = [];
const recordMetric: RecordMetric = (name, _value, ..._labels) => void recorded.push(name);

beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 10, timeoutMs: 10_000, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await db.drop();
});

type Store = (alert: AlertMessage, on: Database) => Promise<StoreOutcome>;
const store: Store = (alert, on) => storeAlert(alert, { database: on, recordMetric, traceparent });

async function messagesOf(eventId: string): Promise<Record<string, unknown>[]> {
  const { rows } = await db.pool.query(`SELECT message FROM pgmq.q_db_first_alerts WHERE message->>'eventId' = $1`, [
    eventId,
  ]);
  return rows.map(({ message }) => message);
}

/** The promise under concurrency: of many stores of one alert one stores, all answer the same, one message is sent. */
async function checkStoredOnce(storing: Store): Promise<void> {
  const alert = anAlert();
  const outcomes = await Promise.all(Array.from({ length: CONCURRENT_POSTS }, () => storing(alert, database)));
  expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
  expect(outcomes.filter(({ outcome }) => outcome === 'same')).toHaveLength(CONCURRENT_POSTS - 1);
  expect(new Set(outcomes.map((o) => JSON.stringify(o.alert))).size).toBe(1);
  expect(await messagesOf(alert.eventId)).toHaveLength(1);
}

describe('storing an alert', () => {
  test('stores it, and its message carries what staff act on', async () => {
    const alert = anAlert();
    const { outcome, alert: stored } = await store(alert, database);
    expect(outcome).toBe('stored');
    expect(stored).toEqual({ ...alert, storedAt: expect.any(String) });
    const { evidence: _, ...facts } = alert;
    const [message, ...more] = await messagesOf(alert.eventId);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ ...facts, traceparent });
    expect(Date.parse(String(message?.['storedAt']))).toBeCloseTo(Date.parse(stored.storedAt), -1);
    expect(recorded).toEqual(expect.arrayContaining(['db_insert_latency_ms', 'alerts_stored_total']));
  });

  test('50 at once of one event: one is stored, one message is sent, all get the same bytes', async () => {
    await checkStoredOnce(store);
  });

  test('at once with two contents: one content wins, every store of the other is told so', async () => {
    const alert = anAlert();
    const other = { ...alert, severity: 'low' as const };
    const outcomes = await Promise.all(
      Array.from({ length: CONCURRENT_POSTS }, (_, i) => store(i % 2 === 0 ? alert : other, database)),
    );
    const half = CONCURRENT_POSTS / 2;
    expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'same')).toHaveLength(half - 1);
    expect(outcomes.filter(({ outcome }) => outcome === 'different')).toHaveLength(half);
    expect(new Set(outcomes.map((o) => o.alert.severity)).size).toBe(1);
    expect(await messagesOf(alert.eventId)).toHaveLength(1);
  });

  test('a transaction that fails leaves neither alert nor message', async () => {
    const alert = anAlert({ kind: 'lower case' as never });
    await expect(store(alert, database)).rejects.toMatchObject({ code: '23514' });
    expect(await findAlert(alert.eventId, { database, recordMetric })).toBeUndefined();
    expect(await messagesOf(alert.eventId)).toEqual([]);
  });

  test('evidence comes back as it was sent, whatever is in it', async () => {
    const evidence = {
      sql: `'; DROP TABLE db_first.alerts; --`,
      numbers: [0.1, 1e300, -5e-324, -0],
      text: 'ü 😀 \\ " \n \u0001 \u2028',
      empty: ['', {}, []],
      ...JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
    };
    const { alert } = await store(anAlert({ evidence }), database);
    expect(JSON.parse(JSON.stringify(alert.evidence))).toEqual(JSON.parse(JSON.stringify(evidence)));
    expect(Object.hasOwn({ ...alert.evidence }, '__proto__')).toBe(true);
    const found = await findAlert(alert.eventId, { database, recordMetric });
    expect(JSON.stringify(found)).toBe(JSON.stringify(alert));
  });
});

describe('mutants that the same check must catch', () => {
  test('looks first, then inserts without ON CONFLICT', async () => {
    const mutant: Store = async (alert, on) => {
      const found = await findAlert(alert.eventId, { database: on, recordMetric });
      if (found) return { outcome: 'same', alert: found };
      await on.query({
        name: 'mutant-insert',
        text: `INSERT INTO db_first.alerts (event_id, patient_id, device_id, ward, kind, severity, detected_at, fingerprint)
               VALUES ($1, 'p', 'd', 'w', 'VT', 'high', now(), sha256(''))`,
        values: [alert.eventId],
      });
      return { outcome: 'stored', alert: { ...alert, storedAt: alert.detectedAt } };
    };
    await expect(checkStoredOnce(mutant)).rejects.toThrow();
  });

  test('sends its message whether or not the row is new', async () => {
    const mutant: Store = async (alert, on) => {
      const outcome = await store(alert, on);
      if (outcome.outcome === 'same') {
        await on.query({
          name: 'mutant-send',
          text: `SELECT pgmq.send('db_first_alerts', $1::jsonb)`,
          values: [JSON.stringify({ eventId: alert.eventId })],
        });
      }
      return outcome;
    };
    await expect(checkStoredOnce(mutant)).rejects.toThrow();
  });
});
