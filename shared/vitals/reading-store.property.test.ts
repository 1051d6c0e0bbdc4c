import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { aReading } from '../testing/readings.ts';
import { DIASTOLIC, HEART_RATE, SPO2, SYSTOLIC } from './kinds.ts';
import { storeReadings } from './reading-store.ts';
import type { StorableReading } from './storable-reading.ts';

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

type Store = (batch: readonly StorableReading[]) => Promise<unknown>;
const store: Store = (batch) => storeReadings(batch, { database, recordMetric: () => undefined });

async function storedOf(patientId: string) {
  const { rows } = await db.pool.query(
    `SELECT code, extract(epoch FROM at)::float8 * 1000 AS "atMs", value, value_text AS text FROM vitals.readings
     WHERE patient_id = $1 ORDER BY code, at`,
    [patientId],
  );
  return rows;
}
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
  async function check(storing: Store, seed?: number): Promise<void> {
    await fc.assert(
      fc.asyncProperty(history, cuts, async (made, splits) => {
        const run = randomUUID();
        const nowMs = Date.now();
        const all = made.map(({ patientId, code, ago, value }) =>
          aReading({ patientId: `${run}-${patientId}`, code, atMs: nowMs - ago, value }),
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
      { numRuns: 25, ...(seed !== undefined && { seed }) },
    );
  }
  const keyed = (patientId: string) => (row: { code: string; atMs: number; value: number }) =>
    [`${patientId} ${row.code} ${row.atMs}`, row.value] as const;

  test('are stored as if each had come once', () => check(store));

  /** It has to be caught each time, so its histories are the same each time. */
  const MUTANT_SEED = 7;
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
    await expect(check(newest, MUTANT_SEED)).rejects.toThrow();
  });

  test('batches with the same readings, delivered at once, do not wait in a circle', async () => {
    const nowMs = Date.now();
    const all = Array.from({ length: 60 }, (_, index) =>
      aReading({ patientId: `circle-${index % 7}`, atMs: nowMs - index }),
    );
    const shuffles = fc.sample(fc.shuffledSubarray(all, { minLength: 40 }), 8);
    await Promise.all([all, ...shuffles].map((batch) => store(batch)));
    const { rows } = await db.pool.query(`SELECT FROM vitals.readings WHERE patient_id LIKE 'circle-%'`);
    expect(rows).toHaveLength(all.length);
  });
});
