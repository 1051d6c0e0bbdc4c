import { describe, expect, test } from 'vitest';
import {
  CLIENTS,
  effectsDatabase,
  gate,
  LOCK_TIMEOUT_MS,
  poolOf,
  SERIALIZABLE,
  SHORT_LOCK_TIMEOUT_MS,
} from './fixtures.ts';
import { type OnceOptions, once, purgeExpired, type Transaction } from './index.ts';

const { db, pool, insertEffect, effects, keys } = effectsDatabase();

const consumers = async () => (await db().pool.query('SELECT * FROM idempotency.consumers')).rows;

type Run = <Response>(options: OnceOptions<Response>) => Promise<{ response: Response; isNew: boolean }>;

const call = (options: Partial<OnceOptions<unknown>> = {}, run: Run = once) =>
  run<unknown>({
    pool: pool(),
    key: 'k',
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    effect: async (tx) => {
      await insertEffect(tx);
      return { done: true };
    },
    ...options,
  });

describe('the laws, and versions that break them', () => {
  /** Of many at once, one has an effect and all have its response. */
  async function raceLaw(run: Run): Promise<void> {
    const results = await Promise.all(
      Array.from({ length: CLIENTS }, (_, caller) =>
        call(
          {
            effect: async (tx) => {
              await insertEffect(tx);
              return caller;
            },
          },
          run,
        ),
      ),
    );
    expect(await effects()).toEqual(['k']);
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(results.map(({ response }) => response)).size).toBe(1);
  }

  /** What crashed in the middle leaves nothing, and is done by the next call. */
  async function crashLaw(run: Run): Promise<void> {
    const crash = async (tx: Transaction) => {
      await insertEffect(tx);
      throw new Error('crash');
    };
    await expect(call({ effect: crash }, run)).rejects.toThrow('crash');
    expect(await effects()).toEqual([]);
    expect(await call({}, run)).toEqual({ response: { done: true }, isNew: true });
    expect(await effects()).toEqual(['k']);
  }

  /** The key in a transaction of its own. */
  const keyApart: Run = async ({ pool, key, effect }) => {
    const claimed = await db().pool.query('INSERT INTO idempotency.once (key) VALUES ($1) ON CONFLICT DO NOTHING', [
      key,
    ]);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const response = claimed.rowCount === 1 ? await effect(client) : undefined;
      await client.query('COMMIT');
      return { response: response as Awaited<ReturnType<typeof effect>>, isNew: claimed.rowCount === 1 };
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };

  /** The effect first, then the key. */
  const effectFirst: Run = async ({ pool, key, effect }) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const response = await effect(client);
      const { rowCount } = await client.query(
        'INSERT INTO idempotency.once (key, response) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [key, JSON.stringify(response)],
      );
      await client.query('COMMIT');
      return { response, isNew: rowCount === 1 };
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };

  test('race', () => raceLaw(once));
  test('crash', () => crashLaw(once));
  test('mutant: a key in a transaction of its own outlives the crash', () =>
    expect(crashLaw(keyApart)).rejects.toThrow());
  test('mutant: the effect before the key happens for each of many', () =>
    expect(raceLaw(effectFirst)).rejects.toThrow());
});

test('a repetition gets the stored response; winner and repetition the very same', async () => {
  const at = new Date(0);
  const effect = async () => ({ at, none: undefined, nul: '\u0000' });
  const first = await call({ effect });
  expect(first).toStrictEqual({ response: { at: at.toISOString(), nul: '\u0000' }, isNew: true });
  expect(await call({ effect })).toStrictEqual({ ...first, isNew: false });
});

test.each([[undefined], [null], [0]])('a response of %s', async (response) => {
  const effect = async () => response;
  expect(await call({ effect })).toStrictEqual({ response, isNew: true });
  expect(await call({ effect })).toStrictEqual({ response, isNew: false });
});

test('a response without a JSON form: nothing is done', async () => {
  await expect(call({ effect: async (tx) => insertEffect(tx).then(() => 1n) })).rejects.toThrow(TypeError);
  expect([await keys(), await effects()]).toEqual([[], []]);
});

test('another payload under the key is a named error and moves nothing; the same in another order is the same', async () => {
  await call({ payload: { a: 1, b: [2] } });
  expect((await call({ payload: { b: [2], a: 1 } })).isNew).toBe(false);
  await expect(call({ payload: { a: 2, b: [2] }, checkpoint: { consumer: 'c', position: 9n } })).rejects.toMatchObject({
    code: 'payload_mismatch',
    retriable: false,
  });
  expect(await consumers()).toEqual([]);
  expect((await call()).isNew).toBe(false);
});

test('an expired key runs again, with another payload; a purge finds it', async () => {
  await call({ expiresAfterMs: 60_000, payload: 1 });
  expect((await call({ payload: 1 })).isNew).toBe(false);
  await db().pool.query(`UPDATE idempotency.once SET expiration = now() - interval '1 ms'`);
  expect(await call({ expiresAfterMs: 60_000, payload: 2 })).toMatchObject({ isNew: true });
  await db().pool.query(`UPDATE idempotency.once SET expiration = now() - interval '1 ms'`);
  expect(await purgeExpired({ pool: pool(), batchSize: 10, tableName: 'idempotency.once', keyAttr: 'key' })).toBe(1);
});

test('an expired response does not come back when the next effect returns nothing', async () => {
  await call();
  await db().pool.query(`UPDATE idempotency.once SET expiration = now() - interval '1 ms'`);
  const effect = async () => undefined;
  expect(await call({ effect })).toStrictEqual({ response: undefined, isNew: true });
  expect(await call({ effect })).toStrictEqual({ response: undefined, isNew: false });
});

test('who waits longer than the lock time-out gets an error that can be retried, then the response', async () => {
  const effect = gate();
  const keyIsHeld = gate();
  const first = call({
    effect: async (tx) => {
      await insertEffect(tx);
      keyIsHeld.open();
      await effect.opened;
      return 'slow';
    },
  });
  await keyIsHeld.opened;
  await expect(call({ lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS })).rejects.toMatchObject({
    code: 'key_in_progress',
    retriable: true,
  });
  const waiting = call();
  effect.open();
  expect(await first).toEqual({ response: 'slow', isNew: true });
  expect(await waiting).toEqual({ response: 'slow', isNew: false });
  expect(await effects()).toEqual(['k']);
});

test('who waits for one that then crashes runs himself', async () => {
  const effect = gate();
  const first = call({
    effect: async () => {
      await effect.opened;
      throw new Error('crash');
    },
  });
  const second = call({ key: 'k' });
  effect.open();
  const [a, b] = await Promise.allSettled([first, second]);
  // Either may have been first to the key; the one that crashes never has an effect, the other always has.
  expect(a.status === 'rejected' || a.value.isNew === false).toBe(true);
  expect(b).toMatchObject({ status: 'fulfilled', value: { isNew: true } });
  expect(await effects()).toEqual(['k']);
});

test.each(['', 'a\u0000b', 'x'.repeat(1025), '\ud800'])('a key that cannot be one', async (key) => {
  await expect(call({ key })).rejects.toMatchObject({ code: 'invalid_key' });
});

test.each([0, -1, 1.5, 2 ** 31])('a lock time-out of %d is refused', async (lockTimeoutMs) => {
  await expect(call({ lockTimeoutMs })).rejects.toThrow(RangeError);
});

test('an effect that ends the transaction, or hides a failed statement, is told', async () => {
  const hides = async (tx: Transaction) => {
    await insertEffect(tx);
    await tx.query('SELECT 1 / 0').catch(() => undefined);
  };
  for (const response of [undefined, 'a response']) {
    const effect = (tx: Transaction) => hides(tx).then(() => response);
    await expect(call({ effect })).rejects.toMatchObject({ code: 'transaction_ended' });
  }
  expect([await keys(), await effects()]).toEqual([[], []]);
  await expect(call({ effect: (tx) => tx.query('ROLLBACK') })).rejects.toMatchObject({ code: 'transaction_ended' });
  expect(await keys()).toEqual([]);
});

test('in a pool that is serializable by default the loser still gets the response', async () => {
  const serializable = poolOf(db().url, { max: CLIENTS, ...SERIALIZABLE });
  const results = await Promise.all(Array.from({ length: CLIENTS }, () => call({ pool: serializable })));
  expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
  await serializable.end();
});
