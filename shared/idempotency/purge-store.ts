import { quoteIdentifier, quoteTable } from './identifiers.ts';
import type { Queryable } from './record-store.ts';

export interface PurgeOptions {
  pool: Queryable;
  /** Most rows one call deletes: what one transaction locks and writes. */
  batchSize: number;
  /** Default `idempotency.keys`; `idempotency.once` for the keys of `once` (then `keyAttr: 'key'`). */
  tableName?: string;
  /** Default `id`. */
  keyAttr?: string;
  /** Where the primary key has two columns. */
  sortKeyAttr?: string;
  /** Default `expiration`. */
  expiryAttr?: string;
}

/**
 * Deletes up to `batchSize` expired records, oldest first, in one short transaction; rows that another purge or a caller
 * holds are left for the next time, so any number may run at once. Call it until it returns less than `batchSize`.
 * @returns how many it deleted.
 * @throws RangeError for a batch size that is no positive integer, TypeError for names Postgres cannot take.
 */
export async function purgeExpired(options: PurgeOptions): Promise<number> {
  const { pool, batchSize, tableName = 'idempotency.keys', keyAttr = 'id', expiryAttr = 'expiration' } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw new RangeError('batchSize must be a positive integer');
  const table = quoteTable(tableName);
  const expiry = quoteIdentifier(expiryAttr);
  const keys = [keyAttr, ...(options.sortKeyAttr === undefined ? [] : [options.sortKeyAttr])].map(quoteIdentifier);
  // statement_timestamp, not clock_timestamp: the index on the expiry only serves a value that is fixed for the statement.
  // The lock is taken on the newest version of a row, so one that was renewed meanwhile no longer qualifies.
  const { rows } = await pool.query(
    `WITH expired AS MATERIALIZED (
      SELECT ${keys.join(', ')} FROM ${table}
      WHERE ${expiry} < statement_timestamp()
      ORDER BY ${expiry}
      LIMIT $1::bigint
      FOR UPDATE SKIP LOCKED
    )
    DELETE FROM ${table} AS held USING expired
    WHERE ${keys.map((key) => `held.${key} = expired.${key}`).join(' AND ')}
    RETURNING 1`,
    [batchSize],
  );
  return rows.length;
}
