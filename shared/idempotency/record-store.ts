import type { IdempotencyRecordStatusValue } from '@aws-lambda-powertools/idempotency/types';
import type { QueryResultRow } from 'pg';
import type { Prepared } from './prepared.ts';
import { type RecordTable, recordStatements } from './record-statements-store.ts';

/** What the layer asks of its pool: a pg Pool, Client, or anything that answers like them. Each call is its own transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(statement: string | Prepared, values: unknown[]): Promise<{ rows: Row[] }>;
}

/** The primary key's values: the key, or the static partition key and the key. */
export type KeyValues = readonly string[];

/** A record with its times as what is left of them in milliseconds, negative when past: no caller's clock is stored. */
export interface RecordRow {
  status: IdempotencyRecordStatusValue;
  expiryInMs: number;
  inProgressExpiryInMs: number | null;
  /** JSON text. */
  data: string | null;
  validation: string | null;
}

export type PutItem = { key: KeyValues } & Omit<RecordRow, 'data'>;
export type UpdateItem = { key: KeyValues } & Omit<RecordRow, 'inProgressExpiryInMs'>;
export type PutResult = { won: true } | { won: false; existing: RecordRow | undefined };

/**
 * Each is one statement for all items, no key twice, and locks rows in the order of the keys, so that groups wait for each
 * other in one direction. `lockTimeoutMs` bounds the wait for each row; undefined leaves it to the session.
 */
export interface RecordStore {
  /**
   * Stores each record unless one that has not expired holds its key, which it then returns. Undefined where another caller's
   * was committed while the statement ran: ask again.
   */
  put(items: readonly PutItem[], lockTimeoutMs?: number): Promise<(PutResult | undefined)[]>;
  /** Stores status, expiry, and what is not null of the rest; a record that is gone is made again, as UpdateItem does. */
  update(items: readonly UpdateItem[], lockTimeoutMs?: number): Promise<void>;
  get(keys: readonly KeyValues[]): Promise<(RecordRow | undefined)[]>;
  delete(keys: readonly KeyValues[], lockTimeoutMs?: number): Promise<void>;
}

/** Rows come as text, whatever parsers the pool's owner has set. */
interface TextRow {
  turn: string;
  won: string;
  status: IdempotencyRecordStatusValue;
  expiry_in_ms: string;
  in_progress_expiry_in_ms: string | null;
  data: string | null;
  validation: string | null;
}

function toRecordRow(row: TextRow): RecordRow {
  const inProgress = row.in_progress_expiry_in_ms;
  return {
    status: row.status,
    expiryInMs: Number(row.expiry_in_ms),
    inProgressExpiryInMs: inProgress === null ? null : Number(inProgress),
    data: row.data,
    validation: row.validation,
  };
}

/** The items in the order in which their rows are locked, with their places in the caller's order. */
function inLockOrder<Item extends { key: KeyValues }>(items: readonly Item[]): { item: Item; place: number }[] {
  const last = ({ item }: { item: Item }) => item.key.at(-1) ?? '';
  return items.map((item, place) => ({ item, place })).sort((a, b) => (last(a) < last(b) ? -1 : 1));
}

/** The idempotency records of one table. @throws TypeError, Error for names that cannot be columns of one table. */
export function recordStore(pool: Queryable, table: RecordTable): RecordStore {
  const sql = recordStatements(table);
  const keyColumns = (keys: readonly KeyValues[]) => sql.keyColumns.map((_, index) => keys.map((key) => key[index]));
  const limit = (lockTimeoutMs: number | undefined) => (lockTimeoutMs === undefined ? null : String(lockTimeoutMs));

  /** The answered row of each item, by its place. */
  async function ask(statement: string, values: unknown[], places: readonly number[]) {
    const { rows } = await pool.query<TextRow>(statement, values);
    const answers = new Array<TextRow | undefined>(places.length).fill(undefined);
    // Turns count from 1.
    for (const row of rows) answers[places[Number(row.turn) - 1] ?? -1] = row;
    return answers;
  }

  return {
    async put(items, lockTimeoutMs) {
      const sorted = inLockOrder(items);
      const values = [
        limit(lockTimeoutMs),
        ...keyColumns(sorted.map(({ item }) => item.key)),
        sorted.map(({ item }) => item.status),
        sorted.map(({ item }) => item.expiryInMs),
        sorted.map(({ item }) => item.inProgressExpiryInMs),
        sorted.map(({ item }) => item.validation),
      ];
      const answers = await ask(
        sql.put,
        values,
        sorted.map(({ place }) => place),
      );
      return answers.map((row): PutResult | undefined => {
        if (row === undefined) return undefined;
        return row.won === 'yes' ? { won: true } : { won: false, existing: toRecordRow(row) };
      });
    },
    async update(items, lockTimeoutMs) {
      const sorted = inLockOrder(items);
      await pool.query(sql.update, [
        limit(lockTimeoutMs),
        ...keyColumns(sorted.map(({ item }) => item.key)),
        sorted.map(({ item }) => item.status),
        sorted.map(({ item }) => item.expiryInMs),
        sorted.map(({ item }) => item.data),
        sorted.map(({ item }) => item.validation),
      ]);
    },
    async get(keys) {
      const answers = await ask(sql.get, keyColumns(keys), [...keys.keys()]);
      return answers.map((row) => row && toRecordRow(row));
    },
    async delete(keys, lockTimeoutMs) {
      const sorted = inLockOrder(keys.map((key) => ({ key })));
      await pool.query(sql.delete, [limit(lockTimeoutMs), ...keyColumns(sorted.map(({ item }) => item.key))]);
    },
  };
}
