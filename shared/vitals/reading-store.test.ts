import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { aReading } from '../testing/readings.ts';
import { HEART_RATE, RHYTHM, SPO2 } from './kinds.ts';
import { type ReadingCheckpoint, storeReadings } from './reading-store.ts';
import type { StorableReading } from './storable-reading.ts';

const HOUR_MS = 3_600_000;

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

const quiet = () => undefined;
type Store = (batch: readonly StorableReading[], checkpoint?: ReadingCheckpoint) => Promise<unknown>;
const store = (batch: readonly StorableReading[], checkpoint?: ReadingCheckpoint) =>
  storeReadings(batch, { database, recordMetric: quiet, checkpoint });

async function storedOf(patientId: string) {
  const { rows } = await db.pool.query(
    `SELECT code, extract(epoch FROM at)::float8 * 1000 AS "atMs", value, value_text AS text FROM vitals.readings
     WHERE patient_id = $1 ORDER BY code, at`,
    [patientId],
  );
  return rows;
}
describe('a batch', () => {
  test('is stored as it is; what comes again, in it or later, changes nothing', async () => {
    const patientId = 'twice';
    const atMs = Date.now() - 5_000;
    const first = aReading({ patientId, atMs, value: 60.25 });
    const rhythm = aReading({ patientId, atMs, code: RHYTHM, value: null, text: 'V"T\\,{}' });
    const none = aReading({ patientId, atMs, code: SPO2, value: null, validity: 'none' });
    const other = aReading({ patientId, atMs, value: 99 });
    expect(await store([first, other, rhythm, none])).toEqual({ stored: 3, same: 1, too_old: 0, ahead: 0 });
    expect(await store([other, none])).toEqual({ stored: 0, same: 2, too_old: 0, ahead: 0 });
    expect(await storedOf(patientId)).toEqual([
      { code: SPO2, atMs, value: null, text: null },
      { code: HEART_RATE, atMs, value: 60.25, text: null },
      { code: RHYTHM, atMs, value: null, text: 'V"T\\,{}' },
    ]);
  });

  test('keeps what is timely, and counts what is older than a day or of a time to come', async () => {
    const patientId = 'late';
    const at = (ageMs: number) => aReading({ patientId, atMs: Date.now() - ageMs });
    const kept = [at(24 * HOUR_MS - 60_000), at(0), at(-4 * 60_000)];
    const old = [at(24 * HOUR_MS + 1_000), at(48 * HOUR_MS), aReading({ patientId, atMs: Date.UTC(0, 0, 1) })];
    const ahead = [at(-6 * 60_000), at(-3 * HOUR_MS), at(-30 * 24 * HOUR_MS), at(Date.now() - Date.UTC(9999, 11, 31))];
    const counts = await store([...old, ...kept, ...ahead]);
    expect(counts).toEqual({ stored: kept.length, same: 0, too_old: old.length, ahead: ahead.length });
    expect((await storedOf(patientId)).map(({ atMs }) => atMs)).toEqual(kept.map(({ atMs }) => atMs));
  });

  test('without a reading moves the checkpoint', async () => {
    const { epoch } = await takeOver({ pool: db.pool, consumer: 'empty', lockTimeoutMs: 5_000 });
    await store([], { consumer: 'empty', epoch, position: 7n });
    expect(await positionOf('empty')).toBe('7');
  });
});

async function positionOf(consumer: string): Promise<string | null> {
  const { rows } = await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [consumer]);
  return rows[0]?.position ?? null;
}

describe('a batch with a checkpoint', () => {
  const owned = (consumer: string) => takeOver({ pool: db.pool, consumer, lockTimeoutMs: 5_000 });

  test('moves the position with its rows, those that came before included, and never back', async () => {
    const { epoch } = await owned('c1');
    const batch = [aReading({ patientId: 'c1' })];
    await store(batch, { consumer: 'c1', epoch });
    expect(await positionOf('c1')).toBe(null);
    await store(batch, { consumer: 'c1', epoch, position: 30n });
    await store([], { consumer: 'c1', epoch, position: 10n });
    expect(await positionOf('c1')).toBe('30');
  });

  test('of a former owner changes nothing', async () => {
    const { epoch } = await owned('c2');
    await owned('c2');
    const late = store([aReading({ patientId: 'c2' })], { consumer: 'c2', epoch, position: 5n });
    await expect(late).rejects.toMatchObject({ code: 'fenced_out', retriable: true });
    expect(await storedOf('c2')).toEqual([]);
    expect(await positionOf('c2')).toBe(null);
  });

  /** A new owner takes over while a batch of the former one waits for the partition's row. */
  async function overtaken(storing: Store) {
    const consumer = `o${randomUUID()}`;
    const { epoch } = await owned(consumer);
    const taking = await db.pool.connect();
    await taking.query('BEGIN');
    await taking.query('UPDATE idempotency.consumers SET epoch = epoch + 1 WHERE consumer = $1', [consumer]);
    const stored = storing([aReading({ patientId: consumer })], { consumer, epoch, position: 9n }).catch(
      (error) => error,
    );
    await Promise.race([stored, eventually('the batch waits', async () => (await waiting()) > 0)]);
    await taking.query('COMMIT');
    taking.release();
    await stored;
    return [await storedOf(consumer), await positionOf(consumer)];
  }
  const waiting = async () => {
    const { rows } = await db.pool.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return rows[0].n;
  };

  test('that a new owner overtakes changes nothing', async () => {
    expect(await overtaken(store)).toEqual([[], null]);
  });

  test('mutant: without the fence it lands', async () => {
    const [rows] = await overtaken((batch) => store(batch));
    expect(rows).toHaveLength(1);
  });
});
