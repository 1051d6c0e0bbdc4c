import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { DIASTOLIC, HEART_RATE, RHYTHM, SPO2, SYSTOLIC } from './kinds.ts';
import { createPartitionKeeper, keepPartitions } from './partition-store.ts';
import { type ReadingCheckpoint, storeReadings } from './reading-store.ts';
import type { StorableReading } from './storable-reading.ts';

const HOUR_MS = 3_600_000;
/** Of what is kept, the hour that begins in it, and two ahead. */
const PARTITIONS = 27;

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

function reading(overrides: Partial<StorableReading> = {}): StorableReading {
  return {
    patientId: 'patient-1',
    code: HEART_RATE,
    atMs: Date.now(),
    value: 72,
    text: null,
    validity: 'valid',
    simulated: false,
    ward: 'icu-1',
    bed: 'b1',
    deviceId: 'monitor-1',
    ...overrides,
  };
}

async function storedOf(patientId: string) {
  const { rows } = await db.pool.query(
    `SELECT code, extract(epoch FROM at)::float8 * 1000 AS "atMs", value, value_text AS text FROM vitals.readings
     WHERE patient_id = $1 ORDER BY code, at`,
    [patientId],
  );
  return rows;
}
async function partitions(): Promise<string[]> {
  const { rows } = await db.pool.query(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'vitals.readings'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

describe('partitions', () => {
  test('are made where there are none, by any number of callers at once; another call makes none', async () => {
    const kept = await Promise.all([1, 2, 3, 4].map(() => keepPartitions(database)));
    expect(kept.map(({ made }) => made).toSorted((one, other) => other - one)).toEqual([PARTITIONS, 0, 0, 0]);
    expect(await keepPartitions(database)).toEqual({ made: 0, dropped: 0 });
    expect(await partitions()).toHaveLength(PARTITIONS);
  });

  test('whose readings are no longer kept are dropped, and no others', async () => {
    const before = await partitions();
    await db.pool.query(`CREATE TABLE vitals.readings_2020013112 PARTITION OF vitals.readings
      FOR VALUES FROM ('2020-01-31T12:00:00Z') TO ('2020-01-31T13:00:00Z')`);
    expect(await keepPartitions(database)).toEqual({ made: 0, dropped: 1 });
    expect(await partitions()).toEqual(before);
  });

  test('one in use is left for another time', async () => {
    await db.pool.query(`CREATE TABLE vitals.readings_2020013113 PARTITION OF vitals.readings
      FOR VALUES FROM ('2020-01-31T13:00:00Z') TO ('2020-01-31T14:00:00Z')`);
    const reading = await db.pool.connect();
    await reading.query('BEGIN; SELECT count(*) FROM vitals.readings');
    expect(await keepPartitions(database)).toEqual({ made: 0, dropped: 0 });
    await reading.query('COMMIT');
    reading.release();
    expect(await keepPartitions(database)).toEqual({ made: 0, dropped: 1 });
  });

  test('are not asked for at each batch, and a failure to keep them fails no batch', async () => {
    const keeper = createPartitionKeeper();
    let asked = 0;
    const failing = {
      ...database,
      query: () => {
        asked += 1;
        return Promise.reject(new Error('away'));
      },
    };
    const warned: string[] = [];
    const log = {
      debug: quiet,
      info: quiet,
      warn: (text: string) => warned.push(text),
      error: quiet,
      child: () => log,
    };
    await Promise.all([keeper.whenDue(failing, log), keeper.whenDue(failing, log)]);
    expect([asked, warned.length]).toEqual([1, 1]);
    await keeper.whenDue(database, log);
    await keeper.whenDue(failing, log);
    expect(asked).toBe(1);
  });

  test('one that is missing is made by the batch that needs it', async () => {
    const [hour] = (await db.pool.query('SELECT vitals.partition_of(now()) AS name')).rows;
    await db.pool.query(`DROP TABLE vitals.${hour.name}`);
    const { epoch } = await takeOver({ pool: db.pool, consumer: 'missing', lockTimeoutMs: 5_000 });
    const batch = [
      reading({ patientId: 'missing' }),
      reading({ patientId: 'missing', atMs: Date.now() - 2 * HOUR_MS }),
    ];
    expect(await store(batch, { consumer: 'missing', epoch, position: 5n })).toMatchObject({ stored: 2, same: 0 });
    expect(await storedOf('missing')).toHaveLength(2);
    expect(await positionOf('missing')).toBe('5');
  });
});

describe('a batch', () => {
  test('is stored as it is; what comes again, in it or later, changes nothing', async () => {
    const patientId = 'twice';
    const atMs = Date.now() - 5_000;
    const first = reading({ patientId, atMs, value: 60.25 });
    const rhythm = reading({ patientId, atMs, code: RHYTHM, value: null, text: 'V"T\\,{}' });
    const none = reading({ patientId, atMs, code: SPO2, value: null, validity: 'none' });
    const other = reading({ patientId, atMs, value: 99 });
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
    const at = (ageMs: number) => reading({ patientId, atMs: Date.now() - ageMs });
    const kept = [at(24 * HOUR_MS - 60_000), at(0), at(-4 * 60_000)];
    const old = [at(24 * HOUR_MS + 1_000), at(48 * HOUR_MS), reading({ patientId, atMs: Date.UTC(0, 0, 1) })];
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

const history = fc.array(
  fc.record({
    patientId: fc.constantFrom('a', 'b'),
    code: fc.constantFrom(HEART_RATE, SPO2, SYSTOLIC, DIASTOLIC),
    ago: fc.nat(5),
    value: fc.nat(3),
  }),
  { minLength: 1, maxLength: 30 },
);
/** Where batches end, and from where each delivery begins again. */
const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 10 }), backBy: fc.nat(10) }), { maxLength: 12 });

describe('any batches, in any split and however often they come', () => {
  /** What is stored is what one delivery of each reading would store: the first of each key, and no other. */
  async function check(storing: Store): Promise<void> {
    await fc.assert(
      fc.asyncProperty(history, cuts, async (made, splits) => {
        const run = randomUUID();
        const nowMs = Date.now();
        const all = made.map(({ patientId, code, ago, value }) =>
          reading({ patientId: `${run}-${patientId}`, code, atMs: nowMs - ago, value }),
        );
        let done = 0;
        for (const { size, backBy } of splits) {
          const from = Math.max(0, done - backBy);
          await storing(all.slice(from, from + size));
          done = Math.max(done, from + size);
        }
        await storing(all.slice(done));
        const first = new Map(all.toReversed().map((one) => [`${one.patientId} ${one.code} ${one.atMs}`, one.value]));
        const stored = [`${run}-a`, `${run}-b`].map(async (id) => (await storedOf(id)).map(keyed(id)));
        expect(new Map((await Promise.all(stored)).flat())).toEqual(first);
      }),
      { numRuns: 25 },
    );
  }
  const keyed = (patientId: string) => (row: { code: string; atMs: number; value: number }) =>
    [`${patientId} ${row.code} ${row.atMs}`, row.value] as const;

  test('are stored as if each had come once', () => check(store));

  test('mutant: a store that takes the newer of two is found', async () => {
    const newest: Store = async (batch) => {
      for (const { patientId, code, atMs, value } of batch) {
        await db.pool.query(
          `INSERT INTO vitals.readings VALUES ($1, $2, to_timestamp($3::float8 / 1000), $4, NULL, 'valid', false, 'w', 'b', 'd')
           ON CONFLICT (patient_id, code, at) DO UPDATE SET value = EXCLUDED.value`,
          [patientId, code, atMs, value],
        );
      }
    };
    await expect(check(newest)).rejects.toThrow();
  });

  test('batches with the same readings, delivered at once, do not wait in a circle', async () => {
    const nowMs = Date.now();
    const all = Array.from({ length: 60 }, (_, index) =>
      reading({ patientId: `circle-${index % 7}`, atMs: nowMs - index }),
    );
    const shuffles = fc.sample(fc.shuffledSubarray(all, { minLength: 40 }), 8);
    await Promise.all([all, ...shuffles].map((batch) => store(batch)));
    const { rows } = await db.pool.query(`SELECT FROM vitals.readings WHERE patient_id LIKE 'circle-%'`);
    expect(rows).toHaveLength(all.length);
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
    const batch = [reading({ patientId: 'c1' })];
    await store(batch, { consumer: 'c1', epoch });
    expect(await positionOf('c1')).toBe(null);
    await store(batch, { consumer: 'c1', epoch, position: 30n });
    await store([], { consumer: 'c1', epoch, position: 10n });
    expect(await positionOf('c1')).toBe('30');
  });

  test('of a former owner changes nothing', async () => {
    const { epoch } = await owned('c2');
    await owned('c2');
    const late = store([reading({ patientId: 'c2' })], { consumer: 'c2', epoch, position: 5n });
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
    const stored = storing([reading({ patientId: consumer })], { consumer, epoch, position: 9n }).catch(
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
