import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { poolOf, SERIALIZABLE } from './fixtures.ts';
import { moveCheckpoint, takeOver } from './index.ts';

const LOCK_TIMEOUT_MS = 20_000;
const SHORT_LOCK_TIMEOUT_MS = 50;
const CLIENTS = 8;

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await testDatabase();
  pool = poolOf(db.url, { max: CLIENTS });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});
const reset = () => db.pool.query('TRUNCATE idempotency.consumers').then(() => undefined);
beforeEach(reset);

const consumer = 'alerts/alerts-w0';
const own = () => takeOver({ pool, consumer, lockTimeoutMs: LOCK_TIMEOUT_MS });

type Move = (epoch: bigint, position: bigint) => Promise<void>;
const move: Move = (epoch, position) =>
  moveCheckpoint({ pool, consumer, epoch, position, lockTimeoutMs: LOCK_TIMEOUT_MS });

describe('the laws, and versions that break them', () => {
  /** Whatever order they come in, one after another and at once: the highest position stays. */
  async function forwardLaw(run: Move): Promise<void> {
    const positions = fc.array(fc.bigInt(0n, 2n ** 63n - 1n), { minLength: 2, maxLength: CLIENTS });
    await fc.assert(
      fc
        .asyncProperty(positions, fc.boolean(), async (positions, atOnce) => {
          const { epoch } = await own();
          if (atOnce) await Promise.all(positions.map((position) => run(epoch, position)));
          else for (const position of positions) await run(epoch, position);
          const highest = positions.reduce((a, b) => (a > b ? a : b));
          expect((await own()).position).toBe(highest);
        })
        .beforeEach(reset),
      { numRuns: 30 },
    );
  }

  /** An owner whose move waits while another takes over moves nothing. */
  async function takeoverLaw(run: Move): Promise<void> {
    const { epoch } = await own();
    await move(epoch, 5n);
    const next = await db.pool.connect();
    await next.query('BEGIN; UPDATE idempotency.consumers SET epoch = epoch + 1');
    const late = run(epoch, 9n);
    const settled = late.then(
      () => undefined,
      (error: unknown) => error,
    );
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    await eventually('the old owner to wait', async () => (await db.pool.query(waiting)).rowCount === 1);
    await next.query('COMMIT');
    next.release();
    expect(await settled).toMatchObject({ code: 'fenced_out', retriable: true });
    expect((await own()).position).toBe(5n);
  }

  const asWritten: Move = async (epoch, position) => {
    await pool.query('UPDATE idempotency.consumers SET position = $2 WHERE epoch = $1', [epoch, position]);
  };
  const lookThenMove: Move = async (epoch, position) => {
    const { rows } = await pool.query('SELECT FROM idempotency.consumers WHERE epoch = $1', [epoch]);
    if (rows.length === 0) throw Object.assign(new Error('over'), { code: 'fenced_out', retriable: true });
    await pool.query('UPDATE idempotency.consumers SET position = greatest(position, $1)', [position]);
  };

  test('never back', () => forwardLaw(move));
  test('mutant: a position that is stored as it comes goes back', () =>
    expect(forwardLaw(asWritten)).rejects.toThrow());
  test('not after a takeover', () => takeoverLaw(move));
  test('mutant: look first, then move', () => expect(takeoverLaw(lookThenMove)).rejects.toThrow());
});

test('an epoch that is over, one that is not yet, and a consumer that nobody took over: fenced out, nothing is made', async () => {
  await expect(move(1n, 1n)).rejects.toMatchObject({ name: 'OnceError', code: 'fenced_out' });
  const { epoch } = await own();
  await expect(move(epoch - 1n, 1n)).rejects.toMatchObject({ code: 'fenced_out' });
  await expect(move(epoch + 1n, 1n)).rejects.toMatchObject({ code: 'fenced_out' });
  expect(await own()).toEqual({ epoch: epoch + 1n, position: undefined });
});

test('a consumer that is held longer than the limit: busy, and the limit stays with the statement', async () => {
  const { epoch } = await own();
  const alone = poolOf(db.url, { max: 1 });
  const holder = await db.pool.connect();
  await holder.query('BEGIN; UPDATE idempotency.consumers SET epoch = epoch');
  const options = { pool: alone, consumer, epoch, position: 1n, lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS };
  await expect(moveCheckpoint(options)).rejects.toMatchObject({ code: 'consumer_busy', retriable: true });
  await holder.query('ROLLBACK');
  holder.release();
  await moveCheckpoint(options);
  expect((await alone.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
  await alone.end();
  expect((await own()).position).toBe(1n);
});

test.each([0, -1, 1.5, 2 ** 31])('a lock time-out of %d is refused', async (lockTimeoutMs) => {
  const options = { pool, consumer, epoch: 1n, position: 1n, lockTimeoutMs };
  await expect(moveCheckpoint(options)).rejects.toThrow(RangeError);
});

test('in a pool that is serializable by default it moves, or says that it may be tried again', async () => {
  const serializable = poolOf(db.url, { max: CLIENTS, ...SERIALIZABLE });
  const { epoch } = await own();
  const moves = await Promise.allSettled(
    Array.from({ length: CLIENTS }, (_, n) =>
      moveCheckpoint({ pool: serializable, consumer, epoch, position: BigInt(n) }),
    ),
  );
  const failed = moves.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  for (const error of failed) expect(error).toMatchObject({ code: 'consumer_busy', retriable: true });
  expect(failed.length).toBeLessThan(CLIENTS);
  await serializable.end();
});
