import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { poolOf } from './fixtures.ts';
import { type OnceBatchOptions, onceBatch, type Transaction } from './index.ts';

const LOCK_TIMEOUT_MS = 20_000;
const CLIENTS = 6;

interface Item {
  key: string;
  payload: number;
}
type Options = OnceBatchOptions<Item, string>;

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await testDatabase();
  pool = poolOf(db.url, { max: CLIENTS });
  await db.pool.query('CREATE TABLE effects (key text, payload int)');
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});
const reset = () => db.pool.query('TRUNCATE effects, idempotency.once, idempotency.consumers').then(() => undefined);
beforeEach(reset);

const responseOf = ({ key, payload }: Item) => `${key}=${payload}`;

async function effect(tx: Transaction, fresh: readonly Item[]): Promise<string[]> {
  await tx.query('INSERT INTO effects SELECT * FROM unnest($1::text[], $2::int[])', [
    fresh.map(({ key }) => key),
    fresh.map(({ payload }) => payload),
  ]);
  return fresh.map(responseOf);
}

const batch = (items: readonly Item[], options: Partial<Options> = {}) =>
  onceBatch<Item, string>({
    pool,
    items,
    key: ({ key }) => key,
    payload: ({ payload }) => payload,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    effect,
    ...options,
  });
const effects = async (): Promise<Item[]> => (await db.pool.query('SELECT * FROM effects ORDER BY key')).rows;

const items = fc.array(fc.record({ key: fc.constantFrom(...'abcdefgh'), payload: fc.integer({ min: 0, max: 1 }) }), {
  maxLength: 12,
});
const sorted = (model: Map<string, number>) =>
  [...model].map(([key, payload]) => ({ key, payload })).sort((a, b) => (a.key < b.key ? -1 : 1));

test('one after another: each key has one effect, that of its first payload; a crash changes nothing', async () => {
  const step = fc.record({ items, crash: fc.boolean() });
  await fc.assert(
    fc
      .asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
        const model = new Map<string, number>();
        for (const { items, crash } of steps) {
          if (crash) {
            const crashing = batch(items, {
              effect: async (tx, fresh) => {
                await effect(tx, fresh);
                throw new Error('crash');
              },
            });
            const hasNew = items.some(({ key }) => !model.has(key));
            await (hasNew ? expect(crashing).rejects.toThrow('crash') : crashing);
            continue;
          }
          const outcomes = await batch(items);
          const expected = items.map((item) => {
            const earlier = model.get(item.key);
            if (earlier === undefined) model.set(item.key, item.payload);
            else if (earlier !== item.payload) return { item, outcome: 'different' };
            return { item, outcome: earlier === undefined ? 'new' : 'same', response: responseOf(item) };
          });
          expect(outcomes).toEqual(expected);
        }
        expect(await effects()).toEqual(sorted(model));
      })
      .beforeEach(reset),
    { numRuns: 40 },
  );
});

type Batch = (items: readonly Item[]) => ReturnType<typeof batch>;

/** The law of batches side by side: one effect a key, everybody told the same. @throws when it does not hold. */
async function sideBySide(run: Batch, batches: readonly (readonly Item[])[]): Promise<void> {
  const outcomes = (await Promise.all(batches.map(run))).flat();
  const done = new Map((await effects()).map(({ key, payload }) => [key, payload]));
  expect(await effects()).toEqual(sorted(done));
  for (const one of outcomes) {
    const isSame = done.get(one.item.key) === one.item.payload;
    expect(one.outcome === 'different').toBe(!isSame);
    if (one.outcome !== 'different') expect(one.response).toBe(responseOf(one.item));
  }
  expect(outcomes.filter(({ outcome }) => outcome === 'new')).toHaveLength(done.size);
}

test('side by side, overlapping, in any order', async () => {
  await fc.assert(
    fc
      .asyncProperty(fc.array(items, { minLength: 2, maxLength: CLIENTS }), (batches) =>
        sideBySide((each) => batch(each), batches),
      )
      .beforeEach(reset),
    { numRuns: 40 },
  );
});

test('mutant: keys that are looked up, then inserted, have several effects', async () => {
  const batches = [[{ key: 'a', payload: 0 }], [{ key: 'a', payload: 0 }]];
  let looking = batches.length;
  const everybodyHasLooked = Promise.withResolvers<void>();
  const lookThenInsert: Batch = async (some) => {
    const keys = some.map(({ key }) => key);
    const { rows } = await pool.query('SELECT key FROM idempotency.once WHERE key = ANY ($1)', [keys]);
    looking -= 1;
    if (looking === 0) everybodyHasLooked.resolve();
    await everybodyHasLooked.promise;
    const fresh = some.filter(({ key }) => !rows.some((row) => row.key === key));
    const client = await pool.connect();
    await client.query('INSERT INTO idempotency.once (key) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [keys]);
    const responses = await effect(client, fresh);
    client.release();
    return fresh.map((item, index) => ({ item, outcome: 'new', response: responses[index] }));
  };
  await sideBySide((each) => batch(each), batches);
  await reset();
  await expect(sideBySide(lookThenInsert, batches)).rejects.toThrow();
});

describe('batches in opposite order', () => {
  const asItems = (keys: string) => [...keys].map((key) => ({ key, payload: 0 }));
  const waiters = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;

  /** Others hold m and n until both batches wait: in their own order the one then has b and wants a, the other the reverse. */
  async function crossing(run: Batch): Promise<void> {
    const holder = await db.pool.connect();
    await holder.query(`BEGIN; INSERT INTO idempotency.once (key) VALUES ('m'), ('n')`);
    const both = Promise.all([run(asItems('bma')), run(asItems('anb'))]);
    const settled = both.then(
      () => undefined,
      (error: unknown) => error,
    );
    await eventually('both batches to wait', async () => (await db.pool.query(waiters)).rowCount === 2);
    await holder.query('ROLLBACK');
    holder.release();
    const error = await settled;
    if (error !== undefined) throw error;
  }

  test('do not deadlock', async () => {
    await crossing((some) => batch(some));
    expect((await effects()).map(({ key }) => key).join('')).toBe('abmn');
  });

  test('mutant: in the order of the caller they do', async () => {
    const inOrder: Batch = async (some) => {
      const keys = some.map(({ key }) => key);
      await pool.query('INSERT INTO idempotency.once (key) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [keys]);
      return [];
    };
    await expect(crossing(inOrder)).rejects.toMatchObject({ code: '40P01' }); // deadlock_detected
  });
});

test('a batch is one statement for its keys and one for its responses, however many they are', async () => {
  const many = Array.from({ length: 1000 }, (_, n) => ({ key: `key ${n}`, payload: 0 }));
  const client = await pool.connect();
  const sent: string[] = [];
  const query = client.query.bind(client);
  const counting = new Proxy(client, {
    get(target, name) {
      if (name === 'release') return () => undefined;
      if (name === 'query') {
        return (text: string, values?: unknown[]) => {
          sent.push(text);
          return query(text, values);
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const options = { pool: { connect: async () => counting } };
  /** How many statements the batch took. */
  const statements = async (some: readonly Item[], expected: 'new' | 'same') => {
    sent.length = 0;
    const outcomes = await batch(some, options);
    expect(outcomes.every(({ outcome }) => outcome === expected)).toBe(true);
    return sent.length;
  };
  const others = many.map(({ key, payload }) => ({ key: `other ${key}`, payload }));
  try {
    expect(await statements(many, 'new')).toBe(5); // BEGIN, keys, effect, responses, COMMIT
    expect(await statements(many, 'same')).toBe(6); // BEGIN, keys, ROLLBACK, BEGIN, keys, COMMIT
    expect(await statements(many, 'same')).toBe(3); // from then on it looks: BEGIN, keys, COMMIT
    expect(await statements(others, 'new')).toBe(5);
    expect(await statements(others, 'same')).toBe(6); // and after a batch of new keys it expects new ones
  } finally {
    client.release();
  }
});

test('a batch that turns out to have a repetition begins anew before its effect, which runs once, for the new items', async () => {
  const of = (keys: string) => [...keys].map((key) => ({ key, payload: 0 }));
  await batch(of('xyz')); // whatever came before, new keys are expected now
  await batch(of('c'));
  const seen: string[] = [];
  const outcomes = await batch(of('abcd'), {
    effect: async (tx, fresh) => {
      seen.push(fresh.map(({ key }) => key).join(''));
      return effect(tx, fresh);
    },
  });
  expect(seen).toEqual(['abd']);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['new', 'new', 'same', 'new']);
  expect((await effects()).map(({ key }) => key).join('')).toBe('abcdxyz');
});

test('the effect may return nothing, but not too little; an empty batch moves the checkpoint', async () => {
  const one = [{ key: 'a', payload: 0 }];
  await expect(batch(one, { effect: async () => [] })).rejects.toMatchObject({ code: 'response_count' });
  expect(await batch(one, { effect: async () => undefined })).toEqual([{ item: one[0], outcome: 'new' }]);
  await batch([], { checkpoint: { consumer: 'c', position: 3n } });
  expect((await db.pool.query('SELECT position FROM idempotency.consumers')).rows).toEqual([{ position: '3' }]);
});

test('new, live, expired and changed keys in one batch: the effect gets the new and the expired ones, in order', async () => {
  const of = (keys: string, payload: number) => [...keys].map((key) => ({ key, payload }));
  await batch(of('aceg', 0), { expiresAfterMs: 60_000 });
  await db.pool.query(`UPDATE idempotency.once SET expiration = now() - interval '1 ms' WHERE key IN ('c', 'e')`);
  const seen: string[] = [];
  const outcomes = await batch([...of('gfedcb', 1), ...of('a', 0), ...of('b', 1)], {
    effect: async (_, fresh) => fresh.map((item) => `${seen.push(item.key)} ${responseOf(item)}`),
  });
  expect(seen.join('')).toBe('fedcb');
  expect(outcomes.map(({ item, outcome }) => `${item.key} ${outcome}`)).toEqual([
    ...['g different', 'f new', 'e new', 'd new', 'c new', 'b new', 'a same', 'b same'],
  ]);
  const responses = outcomes.map((one) => (one.outcome === 'different' ? undefined : one.response));
  expect(responses).toEqual([undefined, '1 f=1', '2 e=1', '3 d=1', '4 c=1', '5 b=1', 'a=0', '5 b=1']);
  const { rows } = await db.pool.query(`SELECT count(*)::int AS n FROM idempotency.once WHERE expiration IS NULL`);
  expect(rows).toEqual([{ n: 5 }]);
});
