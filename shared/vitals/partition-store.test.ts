import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { aReading } from '../testing/readings.ts';
import { createPartitionKeeper, keepPartitions } from './partition-store.ts';
import { storeReadings } from './reading-store.ts';

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

  test('are made while the table is read and written; one to be dropped that is in use is left for another time', async () => {
    await db.pool.query(`CREATE TABLE vitals.readings_2020013113 PARTITION OF vitals.readings
      FOR VALUES FROM ('2020-01-31T13:00:00Z') TO ('2020-01-31T14:00:00Z')`);
    const { rows } = await db.pool.query(`SELECT vitals.partition_of(now() + interval '1 hour') AS ahead`);
    await db.pool.query(`DROP TABLE vitals.${rows[0].ahead}`);
    const busy = await db.pool.connect();
    await busy.query(
      `BEGIN; SELECT count(*) FROM vitals.readings; DELETE FROM vitals.readings WHERE patient_id = 'nobody'`,
    );
    expect(await keepPartitions(database)).toEqual({ made: 1, dropped: 0 });
    await busy.query('COMMIT');
    busy.release();
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
      aReading({ patientId: 'missing' }),
      aReading({ patientId: 'missing', atMs: Date.now() - 2 * HOUR_MS }),
    ];
    const checkpoint = { consumer: 'missing', epoch, position: 5n };
    expect(await storeReadings(batch, { database, recordMetric: quiet, checkpoint })).toMatchObject({
      stored: 2,
      same: 0,
    });
    const { rows } = await db.pool.query(
      `SELECT position, (SELECT count(*)::int FROM vitals.readings WHERE patient_id = 'missing') AS stored
       FROM idempotency.consumers WHERE consumer = 'missing'`,
    );
    expect(rows).toEqual([{ position: '5', stored: 2 }]);
  });
});
