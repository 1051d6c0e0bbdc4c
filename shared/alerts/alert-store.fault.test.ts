import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { TransientError } from '../errors.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import { type Link, linkTo, silentServer } from '../testing/broken-servers.ts';
import type { AlertMessage } from './alert-message.ts';
import { storeAlert } from './alert-store.ts';

const TIMEOUT_MS = 600;
/** What an answer may take beyond the limit on a busy machine: timers are late, connections are torn down. */
const SLACK_MS = 1_000;
const POOL_SIZE = 4;

let db: TestDatabase;
let link: Link;
let throughLink: Database;
const open: Database[] = [];

const at = (url: string, poolSize = POOL_SIZE): Database => {
  const database = createDatabase({ url, poolSize, timeoutMs: TIMEOUT_MS, applicationName: 'test' });
  open.push(database);
  return database;
};
const withPort = (port: number) => Object.assign(new URL(db.url), { port: String(port) }).href;

beforeAll(async () => {
  db = await testDatabase();
  link = await linkTo(Number(new URL(db.url).port));
  throughLink = at(withPort(link.port));
});

afterAll(async () => {
  await Promise.all(open.map((database) => database.close()));
  await link.close();
  await db.drop();
});

const store = (alert: AlertMessage, database: Database) =>
  storeAlert(alert, { database, recordMetric: () => undefined, traceparent: 'none' });

async function failureOf(alert: AlertMessage, database: Database): Promise<{ code: string; tookMs: number }> {
  const startedAt = performance.now();
  const error = await store(alert, database).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TransientError)) throw new Error(`expected a TransientError, got ${error}`);
  return { code: error.code, tookMs: performance.now() - startedAt };
}

async function traces(eventId: string): Promise<{ alerts: number; messages: number }> {
  const { rows } = await db.pool.query(
    `SELECT (SELECT count(*)::int FROM db_first.alerts WHERE event_id = $1) AS alerts,
            (SELECT count(*)::int FROM pgmq.q_db_first_alerts WHERE message->>'eventId' = $1::text) AS messages`,
    [eventId],
  );
  return rows[0];
}

describe('every failure is told in bounded time', () => {
  test('nobody listens', async () => {
    const { code, tookMs } = await failureOf(anAlert(), at(withPort(1)));
    expect(code).toBe('database_unavailable');
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  });

  test('the server accepts and never answers; many callers wait no longer than one', async () => {
    const silent = await silentServer();
    const database = at(withPort(silent.port), 2);
    const failures = await Promise.all(Array.from({ length: 20 }, () => failureOf(anAlert(), database)));
    for (const { code, tookMs } of failures) {
      expect(code).toBe('database_slow');
      expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    }
    await silent.close();
  });

  test('the network stalls under a connection in use; when it is back, so are we', async () => {
    const alert = anAlert();
    await store(anAlert(), throughLink);
    link.stall();
    const { code, tookMs } = await failureOf(alert, throughLink);
    expect(code).toBe('database_slow');
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    link.restore();
    expect(await traces(alert.eventId)).toEqual({ alerts: 0, messages: 0 });
    expect((await store(alert, throughLink)).outcome).toBe('stored');
    expect(await traces(alert.eventId)).toEqual({ alerts: 1, messages: 1 });
  });

  test.each(['db_first.alerts', 'pgmq.q_db_first_alerts'])('%s is locked: nothing is half done', async (table) => {
    const alert = anAlert();
    const blocker = await db.pool.connect();
    await blocker.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const { code, tookMs } = await failureOf(alert, throughLink);
    expect(code).toBe('database_slow');
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await traces(alert.eventId)).toEqual({ alerts: 0, messages: 0 });
    expect((await store(alert, throughLink)).outcome).toBe('stored');
  });

  test('the same event is being stored by another, who hangs', async () => {
    const alert = anAlert();
    const other = await db.pool.connect();
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO db_first.alerts (event_id, patient_id, device_id, ward, kind, severity, detected_at, fingerprint)
       VALUES ($1, 'p', 'd', 'w', 'VT', 'high', now(), sha256(''))`,
      [alert.eventId],
    );
    expect(await failureOf(alert, throughLink)).toMatchObject({ code: 'database_slow' });
    await other.query('ROLLBACK');
    other.release();
    expect((await store(alert, throughLink)).outcome).toBe('stored');
  });

  test('every connection of the pool is taken', async () => {
    const database = at(db.url, 1);
    const sleep = { name: 'sleep', text: 'SELECT pg_sleep($1)', values: [60] };
    const hogs = [1, 2, 3].map(() => database.query(sleep).catch((error: unknown) => error));
    const { code, tookMs } = await failureOf(anAlert(), database);
    expect(code).toBe('database_slow');
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    for (const hog of hogs) expect(await hog).toMatchObject({ code: 'database_slow' });
    expect((await store(anAlert(), database)).outcome).toBe('stored');
  });
});

describe('a connection that ends at a bad moment', () => {
  /** Whatever the moment, the retry tells, and there is one alert and one message. */
  async function checkWholeAfterCut(storing: typeof store): Promise<void> {
    // Answers of the server, one by one: connect, authenticate, ready, parse, rows and commit.
    for (let answers = 0; answers <= 8; answers += 1) {
      const alert = anAlert();
      const database = at(withPort(link.port), 1);
      link.cutAfterAnswers(answers);
      await storing(alert, database).catch((error: unknown) => {
        if (!(error instanceof TransientError)) throw error;
        expect(error.code).toBe('database_unavailable');
      });
      link.restore();
      const retried = await eventually('the retry to be answered', () => storing(alert, database));
      expect(['stored', 'same']).toContain(retried.outcome);
      expect(await traces(alert.eventId)).toEqual({ alerts: 1, messages: 1 });
    }
  }

  test('is retried to one alert and one message, wherever it was cut', async () => {
    await checkWholeAfterCut(store);
  });

  test('mutant: alert and message in two transactions', async () => {
    await expect(
      checkWholeAfterCut(async (alert, database) => {
        const rows = await database.query({
          name: 'mutant-alert',
          text: `INSERT INTO db_first.alerts (event_id, patient_id, device_id, ward, kind, severity, detected_at, fingerprint)
                 VALUES ($1, 'p', 'd', 'w', 'VT', 'high', now(), sha256('')) ON CONFLICT DO NOTHING RETURNING event_id`,
          values: [alert.eventId],
        });
        const stored = { ...alert, storedAt: alert.detectedAt };
        if (rows.length === 0) return { outcome: 'same', alert: stored };
        await database.query({
          name: 'mutant-message',
          text: `SELECT pgmq.send('db_first_alerts', jsonb_build_object('eventId', $1::text))`,
          values: [alert.eventId],
        });
        return { outcome: 'stored', alert: stored };
      }),
    ).rejects.toThrow();
  });

  test('a backend ended by an administrator is replaced', async () => {
    const database = at(db.url, 1);
    await store(anAlert(), database);
    const admin = new pg.Client({ connectionString: db.url });
    await admin.connect();
    // Of this file's database only: other files test on the same server at the same time.
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'test' AND datname = current_database()`,
    );
    await admin.end();
    const { outcome } = await eventually('a new connection', () => store(anAlert(), database));
    expect(outcome).toBe('stored');
  });
});

test('the two statements of a redelivery share one deadline', async () => {
  const alert = anAlert();
  await store(alert, throughLink);
  const MOST_OF_IT_S = (0.75 * TIMEOUT_MS) / 1_000;
  // The insert takes most of the time, then the network stalls under the read.
  const slow: Database = {
    ...throughLink,
    query: async (statement, deadline) => {
      if (statement.name !== 'store-alert') return throughLink.query(statement, deadline);
      await throughLink.query({ name: 'slow', text: 'SELECT pg_sleep($1)', values: [MOST_OF_IT_S] });
      link.stall();
      return [];
    },
  };
  const { code, tookMs } = await failureOf(alert, slow);
  link.restore();
  expect(code).toBe('database_slow');
  expect(tookMs).toBeLessThan(1.5 * TIMEOUT_MS);
});
