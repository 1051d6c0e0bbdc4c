import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { lambdaContext, poolOf } from './fixtures.ts';
import { PostgresPersistenceLayer } from './index.ts';

// What the table of behaviours leaves out: values, clocks, names, pools of other settings.

let db: TestDatabase;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('TRUNCATE idempotency.keys'));

const LARGE_CHARACTERS = 5_000_000;
/** Both answers: the run's own, and the stored one. */
async function twice(response: unknown, pool = db.pool): Promise<[unknown, unknown]> {
  const call = makeIdempotent(async (_: string) => response, {
    persistenceStore: new PostgresPersistenceLayer({ pool }),
  });
  return [await call('k'), await call('k')];
}

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['false', false],
  ['zero', 0],
  ['an empty text', ''],
  ['a NUL in a text and in a name', { 'a\u0000b': 'c\u0000d' }],
  ['half a surrogate pair', '\ud800'],
  ['names out of order', { b: 1, a: { 10: 1, 2: 2 } }],
  ['a number at the edge', [Number.MAX_SAFE_INTEGER, 5e-324, 1.7976931348623157e308]],
  ['5 MB of text', 'x'.repeat(LARGE_CHARACTERS)],
])('%s comes back as it was', async (_, response) => {
  const [first, second] = await twice(response);
  expect(second).toStrictEqual(first);
  expect(JSON.stringify(second)).toBe(JSON.stringify(response));
});

test('a response that has no JSON form is an error that says so; the key stays in progress, since the effect is done', async () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const response of [10n, cycle]) {
    await db.pool.query('TRUNCATE idempotency.keys');
    await expect(twice(response)).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      cause: { message: expect.stringContaining('The response cannot be stored as JSON') },
    });
    expect((await db.pool.query('SELECT status FROM idempotency.keys')).rows).toEqual([{ status: 'INPROGRESS' }]);
  }
});

test("the pool owner's type parsers change nothing", async () => {
  const pool = poolOf(db.url, { types: { getTypeParser: () => (text: string | Buffer) => String(text) } });
  expect(await twice({ a: [1] }, pool)).toEqual([{ a: [1] }, { a: [1] }]);
  await pool.end();
});

describe('clocks', () => {
  const HOUR_MS = 3_600_000;
  const LEASE_MS = 60_000;
  const layerAt = async <T>(offsetMs: number, act: (layer: PostgresPersistenceLayer) => Promise<T>): Promise<T> => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offsetMs });
    try {
      const layer = new PostgresPersistenceLayer({ pool: db.pool });
      layer.configure({ config: new IdempotencyConfig({ expiresAfterSeconds: 120 }) });
      return await act(layer);
    } finally {
      vi.useRealTimers();
    }
  };

  test.each([
    [0, HOUR_MS],
    [-HOUR_MS, 0],
    [HOUR_MS, -HOUR_MS],
  ])('a run by a clock that is off by %i ms is not taken over by one that is off by %i ms', async (holder, other) => {
    await layerAt(holder, (layer) => layer.saveInProgress('k', LEASE_MS));
    await layerAt(other, async (layer) => {
      await expect(layer.saveInProgress('k', LEASE_MS)).rejects.toMatchObject({
        name: 'IdempotencyItemAlreadyExistsError',
        existingRecord: { status: 'INPROGRESS' },
      });
      const record = await layer.getRecord('k');
      expect(record.getStatus()).toBe('INPROGRESS');
      expect(Math.abs((record.inProgressExpiryTimestamp ?? 0) - Date.now() - LEASE_MS)).toBeLessThan(LEASE_MS / 2);
    });
    await layerAt(holder, (layer) => layer.saveSuccess('k', 'done'));
    expect(await layerAt(other, async (layer) => (await layer.getRecord('k')).getStatus())).toBe('COMPLETED');
  });
});

test.each([
  ['the same key and sort key', { keyAttr: 'a', sortKeyAttr: 'a' }],
  ['two attributes of one name', { keyAttr: 'a', statusAttr: 'a' }],
  ['an empty table', { tableName: '' }],
  ['a table of three parts', { tableName: 'a.b.c' }],
  ['an open quote', { tableName: '"a' }],
  ['a column that Postgres would cut off', { dataAttr: 'x'.repeat(64) }],
  ['a NUL in a column', { dataAttr: 'a\u0000' }],
])('%s is refused at once', (_, options) => {
  expect(() => new PostgresPersistenceLayer({ pool: db.pool, ...options })).toThrow(
    /attribute|cannot be|no table name|no Postgres/,
  );
});

test("as Powertools' middy middleware", async () => {
  const run = vi.fn(async ({ id }: { id: string }, _: Context) => ({ done: id }));
  const handler = middy(run).use(
    makeHandlerIdempotent({ persistenceStore: new PostgresPersistenceLayer({ pool: db.pool }) }),
  );
  const context = lambdaContext(1000);
  expect([await handler({ id: 'a' }, context), await handler({ id: 'a' }, context)]).toEqual([
    { done: 'a' },
    { done: 'a' },
  ]);
  expect(run).toHaveBeenCalledTimes(1);
  run.mockRejectedValueOnce(new Error('no luck'));
  await expect(handler({ id: 'b' }, context)).rejects.toThrow('no luck');
  expect(await handler({ id: 'b' }, context)).toEqual({ done: 'b' });
});
