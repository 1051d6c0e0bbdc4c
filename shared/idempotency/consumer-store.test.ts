import { expect, test } from 'vitest';
import { proveAndMove } from './consumer-store.ts';
import { CLIENTS, effectsDatabase, LOCK_TIMEOUT_MS, SHORT_LOCK_TIMEOUT_MS } from './fixtures.ts';
import { type OnceOptions, once, takeOver } from './index.ts';
import { inTransaction } from './transaction-store.ts';

const { db, pool, insertEffect, effects, keys } = effectsDatabase();

const position = async () =>
  (await db().pool.query('SELECT position::int FROM idempotency.consumers')).rows[0]?.position;

const call = (options: Partial<OnceOptions<unknown>> = {}) =>
  once<unknown>({ pool: pool(), key: 'k', lockTimeoutMs: LOCK_TIMEOUT_MS, effect: insertEffect, ...options });

const consumer = 'vitals-w0';
const own = () => takeOver({ pool: pool(), consumer, lockTimeoutMs: LOCK_TIMEOUT_MS });

test('the checkpoint moves with the effect, with a repetition, and never back', async () => {
  const { epoch, position: before } = await own();
  expect([epoch, before]).toEqual([1n, undefined]);
  const fence = { consumer, epoch };
  await call({ fence, checkpoint: { consumer, position: 5n } });
  await call({ fence, checkpoint: { consumer, position: 7n } });
  await call({ key: 'other', fence, checkpoint: { consumer, position: 6n } });
  expect(await position()).toBe(7);
  expect(await own()).toEqual({ epoch: 2n, position: 7n });
  await call({ key: 'third', checkpoint: { consumer: 'unfenced', position: 2n ** 60n } });
  await call({ key: 'fourth', checkpoint: { consumer: 'unfenced', position: 1n } });
  expect(await takeOver({ pool: pool(), consumer: 'unfenced', lockTimeoutMs: LOCK_TIMEOUT_MS })).toEqual({
    epoch: 1n,
    position: 2n ** 60n,
  });
});

test('an old epoch commits nothing, with and without a checkpoint of the same consumer', async () => {
  const old = { consumer, epoch: (await own()).epoch };
  await own();
  for (const checkpoint of [undefined, { consumer, position: 1n }, { consumer: 'else', position: 1n }]) {
    const options = checkpoint ? { fence: old, checkpoint } : { fence: old };
    await expect(call(options)).rejects.toMatchObject({ code: 'fenced_out', retriable: true });
  }
  expect([await keys(), await effects(), await position()]).toEqual([[], [], null]);
});

test('a takeover in the middle of an effect: the old owner does not commit', async () => {
  const { epoch } = await own();
  const slow = call({
    fence: { consumer, epoch },
    effect: async (tx) => {
      await insertEffect(tx);
      await own();
    },
  });
  await expect(slow).rejects.toMatchObject({ code: 'fenced_out' });
  expect(await effects()).toEqual([]);
});

test('many of one epoch commit side by side', async () => {
  const fence = { consumer, epoch: (await own()).epoch };
  await Promise.all(
    Array.from({ length: CLIENTS * 2 }, (_, n) =>
      call({ key: `k${n}`, fence, ...(n % 2 ? { checkpoint: { consumer, position: BigInt(n) } } : {}) }),
    ),
  );
  expect(await position()).toBe(CLIENTS * 2 - 1);
});

test('a consumer that is held: an error that can be retried', async () => {
  const fence = { consumer, epoch: (await own()).epoch };
  const holder = await db().pool.connect();
  await holder.query('BEGIN; UPDATE idempotency.consumers SET epoch = epoch + 1');
  const busy = { code: 'consumer_busy', retriable: true };
  await expect(call({ fence, lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS })).rejects.toMatchObject(busy);
  await expect(takeOver({ pool: pool(), consumer, lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS })).rejects.toMatchObject(busy);
  await holder.query('ROLLBACK');
  holder.release();
});

test.each([false, true])('from the proof to the commit nobody takes over (with a checkpoint: %s)', async (moves) => {
  const { epoch } = await own();
  const fence = { consumer, epoch };
  await inTransaction(pool(), LOCK_TIMEOUT_MS, async (tx) => {
    await proveAndMove(tx, fence, moves ? { consumer, position: 1n } : undefined);
    const early = takeOver({ pool: pool(), consumer, lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS });
    await expect(early).rejects.toMatchObject({ code: 'consumer_busy' });
  });
  expect((await own()).epoch).toBe(epoch + 1n);
});
