import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import type { IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { poolOf, SERIALIZABLE } from './fixtures.ts';
import { PostgresPersistenceLayer, purgeExpired, type Queryable } from './index.ts';

const MAX_CLIENTS = 8;
const LEASE_MS = 600_000;

let db: TestDatabase;
let clients: pg.Pool;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  db = await testDatabase();
  clients = poolOf(db.url, { max: MAX_CLIENTS });
});
afterAll(async () => {
  await clients.end();
  await db.drop();
});

/** What holds the key before the race, as SQL that turns a fresh record into it. */
const BEFORE = {
  nothing: `DELETE FROM idempotency.keys`,
  'an expired response': `UPDATE idempotency.keys SET status = 'COMPLETED', data = '"old"', expiration = now() - interval '1 s'`,
  "a crashed run's orphan": `UPDATE idempotency.keys SET in_progress_expiration = now() - interval '1 s'`,
  'an expired run': `UPDATE idempotency.keys SET expiration = now() - interval '1 s'`,
  'a live response': `UPDATE idempotency.keys SET status = 'COMPLETED', data = '"old"'`,
  'a live run': `UPDATE idempotency.keys SET data = NULL`,
} as const;
type Before = keyof typeof BEFORE;

/** The bug that the one statement is there to rule out: look first, then write. */
class CheckThenInsert extends PostgresPersistenceLayer {
  readonly #pool: Queryable;
  constructor(options: { pool: Queryable }) {
    super(options);
    this.#pool = options.pool;
  }
  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    const { rows } = await this.#pool.query(
      `SELECT 1 FROM idempotency.keys WHERE id = $1 AND expiration > now() AND (status <> 'INPROGRESS' OR in_progress_expiration > now())`,
      [record.idempotencyKey],
    );
    if (rows.length > 0) throw new IdempotencyItemAlreadyExistsError('there is one');
    await this.#pool.query(
      `INSERT INTO idempotency.keys (id, status, expiration, in_progress_expiration, validation)
       VALUES ($1, 'INPROGRESS', now() + interval '1 h', now() + interval '10 min', $2)
       ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, expiration = EXCLUDED.expiration,
         in_progress_expiration = EXCLUDED.in_progress_expiration, validation = EXCLUDED.validation`,
      [record.idempotencyKey, record.payloadHash],
    );
  }
}

/** Nobody gets the answer to a first statement before everybody's first statement has one: the worst of interleavings. */
function lockstep(pool: pg.Pool, count: number): () => Queryable {
  let waiting = count;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  return () => {
    let first = true;
    return {
      async query<Row extends pg.QueryResultRow>(text: string, values: unknown[]) {
        const result = await pool.query<Row>(text, values);
        if (first) {
          first = false;
          waiting -= 1;
          if (waiting === 0) resolve();
          await all;
        }
        return result;
      },
    };
  };
}

const config = () => new IdempotencyConfig({ eventKeyJmesPath: 'id', payloadValidationJmesPath: 'payload' });

/** Races `count` clients for one key. Each outcome: won, or the status of the record that the loser was shown. */
async function race(Layer: typeof PostgresPersistenceLayer, before: Before, count: number): Promise<string[]> {
  await db.pool.query('TRUNCATE idempotency.keys');
  const earlier = new PostgresPersistenceLayer({ pool: db.pool });
  earlier.configure({ config: config() });
  await earlier.saveInProgress({ id: 'k', payload: 'earlier' }, LEASE_MS);
  await db.pool.query(BEFORE[before]);
  const client = lockstep(clients, count);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const layer = new Layer({ pool: client() });
      layer.configure({ config: config() });
      const event = { id: 'k', payload: 'now' };
      try {
        await layer.saveInProgress(event, LEASE_MS);
        return 'won';
      } catch (error) {
        if (!(error instanceof IdempotencyItemAlreadyExistsError)) throw error;
        if (!error.existingRecord) return 'shown nothing';
        if (!before.includes('live')) layer.processExistingRecord(error.existingRecord, event); // the hash is the winner's
        return error.existingRecord.getStatus();
      }
    }),
  );
}

/** The law. @throws when it does not hold. */
function check(before: Before, outcomes: string[]): void {
  const winners = outcomes.filter((outcome) => outcome === 'won').length;
  expect(winners).toBe(before.includes('live') ? 0 : 1);
  const shown = before === 'a live response' ? 'COMPLETED' : 'INPROGRESS';
  expect(outcomes.filter((outcome) => outcome !== 'won' && outcome !== shown)).toEqual([]);
}

const aRace = [
  fc.constantFrom(...(Object.keys(BEFORE) as Before[])),
  fc.integer({ min: 2, max: MAX_CLIENTS }),
] as const;

test('of any number of clients exactly one wins a free key, none a held one; a loser is shown the live record', async () => {
  await fc.assert(
    fc.asyncProperty(...aRace, async (before, count) =>
      check(before, await race(PostgresPersistenceLayer, before, count)),
    ),
    { numRuns: 60 },
  );
});

test.each(['nothing', 'an expired response', "a crashed run's orphan"] as const)(
  'mutant: check-then-insert has several winners after %s',
  async (before) => {
    const outcomes = await race(CheckThenInsert, before, 3);
    expect(() => check(before, outcomes)).toThrow();
  },
);

test('handlers that fail now and then, with a purge beside them: one at a time a key, one success a key', async () => {
  const KEYS = 12;
  const CALLERS = 6;
  const running = new Map<string, number>();
  const successes = new Map<string, number>();
  const attempts = new Map<string, number>();
  const FAILURES = 3; // of each key's first runs
  const handler = async ({ id }: { id: string; payload: string }) => {
    const beside = running.get(id) ?? 0;
    running.set(id, beside + 1);
    await clients.query('SELECT 1');
    running.set(id, (running.get(id) ?? 0) - 1);
    if (beside > 0) throw new Error(`two at a time run ${id}`);
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    if (attempt <= FAILURES) throw new Error('bad luck');
    successes.set(id, (successes.get(id) ?? 0) + 1);
    return id;
  };
  const call = makeIdempotent(handler, {
    persistenceStore: new PostgresPersistenceLayer({ pool: clients }),
    config: config(),
  });
  async function untilDone(id: string): Promise<string> {
    for (;;) {
      try {
        return await call({ id, payload: 'p' });
      } catch (error) {
        const known = error instanceof Error && /bad luck|in progress/.test(error.message);
        if (!known) throw error;
      }
    }
  }
  const ids = Array.from({ length: KEYS * CALLERS }, (_, index) => `key ${index % KEYS}`);
  const [, ...results] = await Promise.all([purgeExpired({ pool: clients, batchSize: 10 }), ...ids.map(untilDone)]);
  expect(results).toEqual(ids);
  expect([...successes.values()]).toEqual(Array.from({ length: KEYS }, () => 1));
});

test('a pool that is serializable by default: still one winner, and no serialization failure', async () => {
  const serializable = poolOf(db.url, { max: MAX_CLIENTS, ...SERIALIZABLE });
  const own = clients;
  clients = serializable;
  try {
    for (const before of ['nothing', "a crashed run's orphan", 'a live response'] as const) {
      check(before, await race(PostgresPersistenceLayer, before, MAX_CLIENTS));
    }
  } finally {
    clients = own;
    await serializable.end();
  }
});
