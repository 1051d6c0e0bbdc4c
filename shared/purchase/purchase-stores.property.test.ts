import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriteFunction } from '../../lab/mutants/mutant-store.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { buy } from './buy-store.ts';
import { fulfil } from './fulfil-store.ts';
import { orderIdOf, type PurchaseMessage } from './purchase-message.ts';
import { type Asked, modelShop } from './purchase-model.ts';
import { conservation, setStock } from './stock-store.ts';

const RUNS = 60;
const TEST_TIMEOUT_MS = 120_000;
const ACCEPTED_AT = '2026-01-31T12:00:00.000Z';
const SKUS = ['a', 'b', 'c', 'never'];
const recordMetric = () => undefined;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 8, timeoutMs: 20_000, applicationName: 'purchase-test' });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});
const context = () => ({ database, recordMetric });

const asked: fc.Arbitrary<Asked> = fc
  .record({
    // Few, so that keys come again, with the same purchase and with another.
    key: fc.nat(11).map((n) => `key-${n}`),
    sku: fc.constantFrom(...SKUS),
    quantity: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ key, sku, quantity }) => ({ key, body: { sku, quantity, customerId: 'c' } }));
const step = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    sku: fc.constantFrom('a', 'b', 'c'),
    initial: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({ do: fc.constant('buy' as const), asked }),
  fc.record({ do: fc.constant('fulfil' as const), batch: fc.array(asked, { minLength: 1, maxLength: 12 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const messageOf = ({ key, body }: Asked): PurchaseMessage => ({
  version: 1,
  orderId: orderIdOf(key, body),
  key,
  ...body,
  acceptedAt: ACCEPTED_AT,
});

const clear = (of: TestDatabase) => of.pool.query('TRUNCATE purchase.orders, purchase.stock, purchase.naive_stock');

/** What the database has, as the model has it. */
async function found(of: TestDatabase) {
  const { rows: orders } = await of.pool.query('SELECT order_id, status, reason FROM purchase.orders');
  const { rows: stock } = await of.pool.query('SELECT sku, available FROM purchase.stock ORDER BY sku');
  return {
    orders: new Map(orders.map(({ order_id, status, reason }) => [order_id, { status, reason }])),
    stock: stock.map(({ sku, available }) => [sku, available]),
  };
}

async function agreesWithModel(steps: readonly Step[], of: TestDatabase, at: Database): Promise<boolean> {
  await clear(of);
  const model = modelShop();
  const here = { database: at, recordMetric };
  for (const one of steps) {
    if (one.do === 'set') {
      const isSet = (await setStock(one, here)) !== undefined;
      if (isSet !== model.set(one.sku, one.initial)) return false;
    } else if (one.do === 'buy') {
      const { outcome } = await buy(one.asked.key, one.asked.body, here);
      if (outcome !== model.buy(one.asked)) return false;
    } else {
      await fulfil(one.batch.map(messageOf), here);
      model.fulfil(one.batch);
    }
  }
  const { orders, stock } = await found(of);
  const { violations, oversold } = await conservation('guarded', here);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([x], [y]) => (x < y ? -1 : 1));
  return (
    violations.length === 0 &&
    oversold === 0 &&
    stock.every(([sku, available]) => available === model.available(sku)) &&
    same(sorted(orders), sorted(model.orders))
  );
}

test(
  'whatever is set, bought at once and bought later, in whatever order and however often: the database decides as the model does',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), (steps) => agreesWithModel(steps, db, database)),
      { numRuns: RUNS },
    );
  },
  TEST_TIMEOUT_MS,
);

describe('at the same time', () => {
  const INITIAL = 40;
  const BUYERS = 60;

  test(
    'the last units are sold once; a key that is sent many times has one order',
    async () => {
      await clear(db);
      await setStock({ sku: 'hot', initial: INITIAL }, context());
      const body = { sku: 'hot', quantity: 1, customerId: 'c' };
      const keys = Array.from({ length: BUYERS }, (_, n) => `race-${n}`);
      const later = keys.map((key) => messageOf({ key: `later-${key}`, body }));
      const batches = [later.slice(0, 30), later.slice(20, 60), later.slice(0, 10)];
      const results = await Promise.all([
        ...keys.flatMap((key) => [buy(key, body, context()), buy(key, body, context())]),
        ...batches.map((batch) => fulfil(batch, context()).then(() => undefined)),
      ]);
      const outcomes = results.flatMap((result) => (result === undefined ? [] : [result.outcome]));
      expect(outcomes.filter((outcome) => outcome === 'new')).toHaveLength(BUYERS);
      expect(outcomes.filter((outcome) => outcome === 'different')).toEqual([]);
      const { confirmed, rejected, violations } = await conservation('guarded', context());
      expect({ confirmed, rejected, violations }).toEqual({
        confirmed: INITIAL,
        rejected: 2 * BUYERS - INITIAL,
        violations: [],
      });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a key that is being worked on is told so at once',
    async () => {
      await clear(db);
      await setStock({ sku: 'held', initial: 5 }, context());
      const body = { sku: 'held', quantity: 1, customerId: 'c' };
      const holder = await db.pool.connect();
      await holder.query('BEGIN');
      await holder.query(`SELECT FROM purchase.stock WHERE sku = 'held' FOR UPDATE`);
      const first = buy('slow', body, context());
      const until = async () => {
        for (;;) {
          const { rows } = await db.pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted`);
          if (rows.length > 0) return;
        }
      };
      await until();
      expect(await buy('slow', body, context())).toEqual({ outcome: 'in_flight' });
      await holder.query('ROLLBACK');
      holder.release();
      expect(await first).toMatchObject({ outcome: 'new', order: { status: 'confirmed' } });
      expect(await buy('slow', body, context())).toMatchObject({ outcome: 'same' });
    },
    TEST_TIMEOUT_MS,
  );
});

// The functions of the migration with one thought taken out, and the constraints that would find it: the model has to.
const MUTANTS: Record<string, { of: 'buy' | 'fulfil'; from: string; to: string }> = {
  'buys although there is not enough': { of: 'buy', from: 'left_over < the_quantity', to: 'false' },
  'sells from the stream although there is not enough': { of: 'fulfil', from: 'left_over < one.quantity', to: 'false' },
  'decides again what was decided': {
    of: 'fulfil',
    from: 'WHERE NOT EXISTS (SELECT FROM purchase.orders AS o WHERE o.order_id = i.order_id)',
    to: '',
  },
  'takes a key twice': { of: 'fulfil', from: `WHEN one.is_reused THEN 'key_reused'`, to: '' },
  'forgets what the batch has taken': { of: 'fulfil', from: 'left_over := left_over - one.quantity;', to: '' },
  'decides in another order than they came': {
    of: 'fulfil',
    from: 'ORDER BY f.sku, f.place',
    to: 'ORDER BY f.sku, f.place DESC',
  },
};
const MUTANT_SEED = 5;

test.each(Object.entries(MUTANTS))(
  'mutant: one that %s is caught',
  async (_, { of, from, to }) => {
    const own = await testDatabase();
    const at = createDatabase({ url: own.url, poolSize: 1, timeoutMs: 20_000, applicationName: 'purchase-mutant' });
    try {
      await own.pool.query(`
        ALTER TABLE purchase.stock DROP CONSTRAINT stock_check;
        ALTER TABLE purchase.orders DROP CONSTRAINT orders_pkey;
        ALTER TABLE purchase.orders DROP CONSTRAINT orders_key_key;
        CREATE INDEX ON purchase.orders (order_id)`);
      await rewriteFunction(at, 'purchase.buy', [['ON CONFLICT (key) DO NOTHING', '']]);
      if (of === 'buy') await rewriteFunction(at, `purchase.${of}`, [['AND available >= the_quantity', '']]);
      await rewriteFunction(at, `purchase.${of}`, [[from, to]]);
      const result = await fc.check(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), (steps) => agreesWithModel(steps, own, at)),
        { numRuns: 2 * RUNS, seed: MUTANT_SEED, endOnFailure: true },
      );
      expect(result.failed).toBe(true);
      const by = String(result.errorInstance);
      expect(by, 'by what it decided').toContain('Property failed by returning false');
    } finally {
      await at.close();
      await own.drop();
    }
  },
  TEST_TIMEOUT_MS,
);
