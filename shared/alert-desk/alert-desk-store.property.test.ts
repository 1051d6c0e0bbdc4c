import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { histories } from './desk-store-model.ts';
import { agreesWithModel, type Meddle } from './desk-store-play.ts';

const RUNS = 60;
const MUTANT_RUNS = 300;
/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 7;
const LIMIT_MS = 120_000;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 2, timeoutMs: 20_000, applicationName: 'desk-test' });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});

const asItIs: Meddle = (statement) => statement;

test(
  'whatever is told, told again, said and due, and whenever the process dies: the database is as a desk that never dies',
  async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) => agreesWithModel(history, { db, database, meddle: asItIs })),
      { numRuns: RUNS },
    );
  },
  LIMIT_MS,
);

const without =
  (name: string): Meddle =>
  (statement) =>
    statement.name === name ? undefined : statement;
const instead =
  (name: string, from: string, to: string): Meddle =>
  (statement) => {
    if (statement.name !== name) return statement;
    const text = statement.text.replace(from, to);
    if (text === statement.text) throw new Error(`${name} has no such text`);
    return { ...statement, name: `${name}-mutant`, text };
  };

// The store with one thought taken out: the model has to find it.
const MUTANTS: Record<string, { meddle: Meddle; movesFirst?: boolean }> = {
  'writes no history': { meddle: without('desk-write-history') },
  'sets no timer': { meddle: without('desk-write-timers') },
  'leaves a notification to memory': { meddle: without('desk-write-notifications') },
  'raises no revision': { meddle: without('desk-raise-revisions') },
  'forgets what was told of late': { meddle: without('desk-write-groupings') },
  'asks whom it finds in no roster': { meddle: without('desk-read-rosters') },
  'does not look at what is closed': { meddle: instead('desk-read', "phase = 'closed'", 'false') },
  'does not look at what is open of the patient': { meddle: instead('desk-read', "phase <> 'closed'", 'false') },
  'does not move the ward of an alert': {
    meddle: instead('desk-write-alerts', 'ward = EXCLUDED.ward', 'ward = known.ward'),
  },
  'keeps the facts of the first event': {
    meddle: instead('desk-write-alerts', 'facts = EXCLUDED.facts', 'facts = known.facts'),
  },
  'moves the checkpoint before the effect': { meddle: asItIs, movesFirst: true },
  'never moves the checkpoint': {
    meddle: instead('desk-prove-and-move', 'greatest(position, $3::bigint)', 'position + 0 * $3::bigint'),
  },
};

test.each(Object.entries(MUTANTS))(
  'one that %s is caught',
  async (_name, mutant) => {
    const result = await fc.check(
      fc.asyncProperty(histories, (history) => agreesWithModel(history, { db, database, ...mutant })),
      { numRuns: MUTANT_RUNS, seed: MUTANT_SEED, endOnFailure: true },
    );
    expect(result.failed).toBe(true);
  },
  LIMIT_MS,
);
