import type { Context } from 'aws-lambda';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import type { Transaction } from './index.ts';

/** What a test waits for a lock that it is to get, on a busy machine; and for one that it is not to get. */
export const LOCK_TIMEOUT_MS = 20_000;
export const SHORT_LOCK_TIMEOUT_MS = 50;
/** Connections of a pool under test. */
export const CLIENTS = 8;

/** What a handler waits for until the test says go. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** A Lambda context that Powertools takes for one. */
export function lambdaContext(remainingMs: number): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'orders',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders',
    memoryLimitInMB: '128',
    awsRequestId: '00000000-0000-4000-8000-000000000000',
    logGroupName: 'orders',
    logStreamName: 'orders',
    getRemainingTimeInMillis: () => remainingMs,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

/** A pool of the code under test; whose connections are cut when the test's database goes is no error. */
export function poolOf(url: string, settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, ...settings });
  pool.on('error', () => undefined);
  return pool;
}

/** Every transaction of such a pool that does not say otherwise is serializable. */
export const SERIALIZABLE: pg.PoolConfig = { options: '-c default_transaction_isolation=serializable' };

/** What the tests of a file do with their database. */
interface EffectsDatabase {
  /** For looking and for preparing, not the code under test's. */
  db(): TestDatabase;
  /** The code under test's. */
  pool(): pg.Pool;
  insertEffect(tx: Transaction): Promise<void>;
  /** Keys of the effects that were committed. */
  effects(): Promise<string[]>;
  /** Idempotency keys that were committed. */
  keys(): Promise<string[]>;
}

/** Declares the hooks of a test file with a database of its own, which has a table for effects; each test finds it empty. */
export function effectsDatabase(): EffectsDatabase {
  let db: TestDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    db = await testDatabase();
    pool = poolOf(db.url, { max: CLIENTS });
    await db.pool.query('CREATE TABLE effects (key text)');
  });
  afterAll(async () => {
    await pool.end();
    await db.drop();
  });
  beforeEach(() => db.pool.query('TRUNCATE effects, idempotency.once, idempotency.consumers'));
  const keysIn = async (query: string) => (await db.pool.query<{ key: string }>(query)).rows.map(({ key }) => key);
  return {
    db: () => db,
    pool: () => pool,
    async insertEffect(tx) {
      await tx.query(`INSERT INTO effects VALUES ('k')`);
    },
    effects: () => keysIn('SELECT key FROM effects ORDER BY key'),
    keys: () => keysIn('SELECT key FROM idempotency.once'),
  };
}
