import type { Context } from 'aws-lambda';
import pg from 'pg';

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
