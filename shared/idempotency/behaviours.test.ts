import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import type { IdempotencyConfigOptions } from '@aws-lambda-powertools/idempotency/types';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { gate, lambdaContext } from './fixtures.ts';
import { PostgresPersistenceLayer, type PostgresPersistenceOptions } from './index.ts';

// What Powertools' own persistence layers do, as one table: each behaviour runs with one primary key and with a sort key,
// with the default names and with names that need quotes.

interface Order {
  id?: string | null;
  amount?: number;
}

interface Variant {
  name: string;
  options: Omit<PostgresPersistenceOptions, 'pool'>;
  table: string;
  expiry: string;
  inProgressExpiry: string;
}

const ODD = `Odd "s"; DROP TABLE x; --`;
const VARIANTS: Variant[] = [
  {
    name: 'the default table',
    options: {},
    table: 'idempotency.keys',
    expiry: 'expiration',
    inProgressExpiry: 'in_progress_expiration',
  },
  {
    name: 'a table of odd names, with a sort key',
    options: {
      tableName: `idempotency."Odd.""Keys"""`,
      keyAttr: 'Partition',
      sortKeyAttr: ODD,
      staticPkValue: 'static',
      statusAttr: 'order',
      expiryAttr: 'Expires At',
      inProgressExpiryAttr: 'select',
      dataAttr: 'a"b',
      validationKeyAttr: 'größe',
    },
    table: `idempotency."Odd.""Keys"""`,
    expiry: '"Expires At"',
    inProgressExpiry: '"select"',
  },
];

let db: TestDatabase;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  db = await testDatabase();
  await db.pool.query(`CREATE TABLE idempotency."Odd.""Keys""" (
    "Partition" text, "${ODD.replaceAll('"', '""')}" text, "order" text, "Expires At" timestamptz, "select" timestamptz,
    "a""b" json, "größe" text, PRIMARY KEY ("Partition", "${ODD.replaceAll('"', '""')}"))`);
});
afterAll(() => db.drop());

describe.each(VARIANTS)('$name', ({ options, table, expiry, inProgressExpiry }) => {
  const layer = () => new PostgresPersistenceLayer({ pool: db.pool, ...options });
  const stored = async () => (await db.pool.query(`SELECT * FROM ${table}`)).rows;
  beforeEach(() => db.pool.query(`TRUNCATE ${table}`));

  function idempotent(
    run: (order: Order) => unknown,
    config: IdempotencyConfigOptions = {},
    persistenceStore = layer(),
  ) {
    const handler = vi.fn(async (order: Order) => run(order));
    const call = makeIdempotent(handler, { persistenceStore, config: new IdempotencyConfig(config) });
    return { handler, call };
  }

  test('the first call runs, the second gets what was stored', async () => {
    const { handler, call } = idempotent(({ id }) => ({ done: id, at: [1, null, 'ü'] }));
    const first = await call({ id: 'a' });
    expect(await call({ id: 'a' })).toEqual(first);
    expect(handler).toHaveBeenCalledTimes(1);
    await call({ id: 'b' });
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('another function (key prefix) under the same event is another key', async () => {
    const handler = vi.fn(async (_: Order) => 1);
    for (const keyPrefix of ['one', 'two', 'one']) {
      await makeIdempotent(handler, { persistenceStore: layer(), keyPrefix })({ id: 'a' });
    }
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('a concurrent call is told that one is in progress', async () => {
    const running = gate();
    const { handler, call } = idempotent(() => running.opened);
    const first = call({ id: 'a' });
    await eventually('the first run', () => handler.mock.calls.length === 1);
    await expect(call({ id: 'a' })).rejects.toMatchObject({ name: 'IdempotencyAlreadyInProgressError' });
    running.open();
    await first;
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('a failed handler deletes its key, so that the next call runs', async () => {
    const { handler, call } = idempotent(() => 'done');
    handler.mockRejectedValueOnce(new Error('no luck'));
    await expect(call({ id: 'a' })).rejects.toThrow('no luck');
    expect(await stored()).toEqual([]);
    expect(await call({ id: 'a' })).toBe('done');
  });

  test('an expired key runs again and keeps nothing of the earlier run', async () => {
    const { handler, call } = idempotent(({ amount }) => amount, {
      eventKeyJmesPath: 'id',
      payloadValidationJmesPath: 'amount',
    });
    expect(await call({ id: 'a', amount: 1 })).toBe(1);
    await db.pool.query(`UPDATE ${table} SET ${expiry} = now() - interval '1 millisecond'`);
    // Another amount: the expired record's payload no longer counts.
    expect(await call({ id: 'a', amount: 2 })).toBe(2);
    expect(await call({ id: 'a', amount: 2 })).toBe(2);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('an expired response does not come back when the next run returns nothing', async () => {
    let response: unknown = 'old';
    const { call } = idempotent(() => response);
    await call({ id: 'a' });
    await db.pool.query(`UPDATE ${table} SET ${expiry} = now() - interval '1 millisecond'`);
    response = undefined;
    await call({ id: 'a' });
    expect(await call({ id: 'a' })).toBeUndefined();
  });

  test('the orphan of a crashed run is taken over once its in-progress time is over, not before', async () => {
    const store = layer();
    store.configure({ config: new IdempotencyConfig({}) });
    await store.saveInProgress({ id: 'a' }, 60_000); // a run that will never end
    const { handler, call } = idempotent(() => 'done');
    await expect(call({ id: 'a' })).rejects.toMatchObject({ name: 'IdempotencyAlreadyInProgressError' });
    await db.pool.query(`UPDATE ${table} SET ${inProgressExpiry} = now() - interval '1 millisecond'`);
    expect(await call({ id: 'a' })).toBe('done');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('an orphan without an in-progress time stays until it expires', async () => {
    const store = layer();
    store.configure({ config: new IdempotencyConfig({}) });
    await store.saveInProgress({ id: 'a' });
    const { call } = idempotent(() => 'done');
    await expect(call({ id: 'a' })).rejects.toMatchObject({ name: 'IdempotencyAlreadyInProgressError' });
    await db.pool.query(`UPDATE ${table} SET ${expiry} = now() - interval '1 millisecond'`);
    expect(await call({ id: 'a' })).toBe('done');
  });

  test("the in-progress time is the Lambda context's remaining time", async () => {
    const REMAINING_MS = 30_000;
    const left = `extract(epoch FROM ${inProgressExpiry} - clock_timestamp())::float8 * 1000`;
    let leftMs = 0;
    const handler = async (_: Order, __: ReturnType<typeof lambdaContext>) => {
      leftMs = (await db.pool.query(`SELECT ${left} AS ms FROM ${table}`)).rows[0].ms;
    };
    await makeIdempotent(handler, { persistenceStore: layer() })({ id: 'a' }, lambdaContext(REMAINING_MS));
    expect(leftMs).toBeLessThanOrEqual(REMAINING_MS + 1);
    expect(leftMs).toBeGreaterThan(REMAINING_MS / 2);
  });

  test('another payload under the same key is refused, from the store and from the cache', async () => {
    for (const useLocalCache of [false, true]) {
      await db.pool.query(`TRUNCATE ${table}`);
      const { handler, call } = idempotent(({ amount }) => amount, {
        eventKeyJmesPath: 'id',
        payloadValidationJmesPath: 'amount',
        useLocalCache,
      });
      await call({ id: 'a', amount: 1 });
      await expect(call({ id: 'a', amount: 2 })).rejects.toMatchObject({
        name: 'IdempotencyValidationError',
        existingRecord: { status: 'COMPLETED', responseData: 1 },
      });
      expect(await call({ id: 'a', amount: 1 })).toBe(1);
      expect(handler).toHaveBeenCalledTimes(1);
    }
  });

  test('the local cache answers without the database', async () => {
    const query = vi.spyOn(db.pool, 'query');
    const { call } = idempotent(({ id }) => id, { useLocalCache: true });
    await call({ id: 'a' });
    const before = query.mock.calls.length;
    expect(await call({ id: 'a' })).toBe('a');
    expect(query.mock.calls.length).toBe(before);
    query.mockRestore();
  });

  test('the response hook sees what is stored and has the last word, on replays only', async () => {
    const responseHook = vi.fn((response, record) => ({ response, status: record.getStatus() }));
    const { call } = idempotent(({ id }) => id ?? null, { responseHook });
    expect(await call({ id: 'a' })).toBe('a');
    expect(await call({ id: 'a' })).toEqual({ response: 'a', status: 'COMPLETED' });
    expect(responseHook).toHaveBeenCalledTimes(1);
    const inAnHour = responseHook.mock.calls[0]?.[1].expiryTimestamp - Date.now() / 1000;
    expect(Math.abs(inAnHour - 3600)).toBeLessThan(30);
  });

  test('no key in the event: an error where one is asked for, else the handler runs each time', async () => {
    const strict = idempotent(() => 1, { eventKeyJmesPath: 'id', throwOnNoIdempotencyKey: true });
    await expect(strict.call({ id: null })).rejects.toMatchObject({ cause: { name: 'IdempotencyKeyError' } });
    const lenient = idempotent(() => 1, { eventKeyJmesPath: 'id' });
    await lenient.call({});
    await lenient.call({});
    expect(lenient.handler).toHaveBeenCalledTimes(2);
    expect(await stored()).toEqual([]);
  });

  test('a record that is missing: found out by get, no matter to delete, made again by update', async () => {
    const store = layer();
    store.configure({ config: new IdempotencyConfig({}) });
    await expect(store.getRecord({ id: 'a' })).rejects.toMatchObject({ name: 'IdempotencyItemNotFoundError' });
    await store.deleteRecord({ id: 'a' });
    await store.saveSuccess({ id: 'a' }, 'late');
    expect((await store.getRecord({ id: 'a' })).getResponse()).toBe('late');
  });

  test('the loser gets the existing record with the error', async () => {
    const store = layer();
    store.configure({ config: new IdempotencyConfig({}) });
    await store.saveInProgress({ id: 'a' }, 1000);
    await store.saveSuccess({ id: 'a' }, { ok: true });
    await expect(store.saveInProgress({ id: 'a' }, 1000)).rejects.toMatchObject({
      name: 'IdempotencyItemAlreadyExistsError',
      existingRecord: { status: 'COMPLETED', responseData: { ok: true } },
    });
  });
});
