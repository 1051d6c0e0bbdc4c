import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { gate, poolOf } from './fixtures.ts';
import { type ConnectionPool, once, type Transaction } from './index.ts';

const LOCK_TIMEOUT_MS = 20_000;

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await testDatabase();
  pool = poolOf(db.url, { max: 4 });
  await db.pool.query('CREATE TABLE effects (key text)');
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});
beforeEach(() => db.pool.query('TRUNCATE effects, idempotency.once'));

const count = async (table: string) => (await db.pool.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
const backend = async (tx: Transaction): Promise<number> =>
  (await tx.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
const kill = (pid: number) => db.pool.query('SELECT pg_terminate_backend($1, 10000)', [pid]);

async function effect(tx: Transaction): Promise<string> {
  await tx.query(`INSERT INTO effects VALUES ('k')`);
  return 'done';
}
const call = (run: (tx: Transaction) => Promise<string> = effect, connections: ConnectionPool = pool) =>
  once({ pool: connections, key: 'k', lockTimeoutMs: LOCK_TIMEOUT_MS, effect: run });

test('a backend that is killed in the effect leaves neither key nor effect; the next call runs, on a sound connection', async () => {
  const killed = call(async (tx) => {
    await effect(tx);
    await kill(await backend(tx));
    return effect(tx);
  });
  await expect(killed).rejects.toThrow();
  expect([await count('effects'), await count('idempotency.once')]).toEqual([0, 0]);
  expect(await call()).toEqual({ response: 'done', isNew: true });
  expect(await count('effects')).toBe(1);
});

test('a backend that is killed while its effect does something else is noticed before it could commit', async () => {
  const killed = call(async (tx) => {
    await effect(tx);
    await kill(await backend(tx));
    return 'unaware';
  });
  await expect(killed).rejects.toThrow();
  expect([await count('effects'), await count('idempotency.once')]).toEqual([0, 0]);
});

test('when the first is killed, the one that waits for its key runs', async () => {
  const inEffect = gate();
  const goOn = gate();
  let pid = 0;
  const first = call(async (tx) => {
    pid = await backend(tx);
    inEffect.open();
    await goOn.opened;
    return effect(tx);
  });
  const failed = expect(first).rejects.toThrow();
  await inEffect.opened;
  const second = call();
  await eventually('the second to wait for the key', async () => {
    const waiting = 'SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))';
    return (await db.pool.query(waiting, [pid])).rowCount;
  });
  await kill(pid);
  expect(await second).toEqual({ response: 'done', isNew: true });
  goOn.open();
  await failed;
  expect(await count('effects')).toBe(1);
});

test('a commit whose answer is lost: an error, and the next call gets the response', async () => {
  const answerLost: ConnectionPool = {
    async connect() {
      const client = await pool.connect();
      return new Proxy(client, {
        get(target, name) {
          if (name !== 'query') {
            const member: unknown = Reflect.get(target, name, target);
            return typeof member === 'function' ? member.bind(target) : member;
          }
          return async (text: string, values?: unknown[]) => {
            const result = await target.query(text, values);
            if (text === 'COMMIT') throw new Error('Connection terminated');
            return result;
          };
        },
      });
    },
  };
  await expect(call(effect, answerLost)).rejects.toThrow('Connection terminated');
  expect(await call()).toEqual({ response: 'done', isNew: false });
  expect(await count('effects')).toBe(1);
});
