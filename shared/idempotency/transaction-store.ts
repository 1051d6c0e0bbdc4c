import type { PoolClient } from 'pg';
import { OnceError } from './once-error.ts';

/** What an effect gets: statements in the transaction. BEGIN, COMMIT and ROLLBACK are not its to send. */
export type Transaction = Pick<PoolClient, 'query' | 'getTransactionStatus'>;

/** A pg Pool, or anything that lends pg clients. */
export interface ConnectionPool {
  connect(): Promise<PoolClient>;
}

/** Postgres keeps lock_timeout in an int4 of milliseconds. */
const MAX_LOCK_TIMEOUT_MS = 2_147_483_647;
/** in_failed_sql_transaction (PostgreSQL documentation, appendix A). pg's status lags behind an error, so it cannot tell. */
const IN_FAILED_TRANSACTION = '25P02';
const WENT_ON = 'The effect went on after a statement had failed.';

/** @throws RangeError for a time-out that is no positive integer: 0 would be for ever. */
export function checkLockTimeout(lockTimeoutMs: number): void {
  if (!Number.isInteger(lockTimeoutMs) || lockTimeoutMs < 1 || lockTimeoutMs > MAX_LOCK_TIMEOUT_MS) {
    throw new RangeError('lockTimeoutMs must be a positive integer of milliseconds');
  }
}

/**
 * One READ COMMITTED transaction in which no lock is waited for longer than `lockTimeoutMs`: commits when `work` resolves,
 * rolls back when it rejects. When the connection breaks during COMMIT, the error leaves open whether it took effect.
 * @throws RangeError as `checkLockTimeout`; what `work` or pg throws.
 */
export async function inTransaction<T>(
  pool: ConnectionPool,
  lockTimeoutMs: number,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  checkLockTimeout(lockTimeoutMs);
  const client = await pool.connect();
  // A connection that breaks while checked out tells it here, too: without a listener the process would end.
  client.on('error', ignoreReported);
  let broken: Error | undefined;
  try {
    // READ COMMITTED by name: a later statement has to see what an earlier one waited for, whatever the pool's default.
    await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    const result = await work(client);
    const { command } = await client.query('COMMIT');
    // After a failed statement COMMIT is a rollback that reports no error.
    if (command !== 'COMMIT') throw new OnceError('transaction_ended', WENT_ON);
    return result;
  } catch (error) {
    broken = await rollBack(client);
    throw error;
  } finally {
    client.removeListener('error', ignoreReported);
    client.release(broken);
  }
}

/**
 * Runs what follows an effect, in its transaction.
 * @throws OnceError `transaction_ended` when the effect did not leave the transaction as it got it.
 */
export async function afterEffect(tx: Transaction, run: () => Promise<void>): Promise<void> {
  if (tx.getTransactionStatus() === 'I') throw new OnceError('transaction_ended', 'The effect ended the transaction.');
  try {
    await run();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === IN_FAILED_TRANSACTION) {
      throw new OnceError('transaction_ended', WENT_ON, { cause: error });
    }
    throw error;
  }
}

/** @returns why the connection cannot serve again, if so: the pool then destroys it, and the server rolls back. */
async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function ignoreReported(): void {
  // The statement that runs on this connection rejects with the same error.
}
