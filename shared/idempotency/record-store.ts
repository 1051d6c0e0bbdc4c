import type { IdempotencyRecordStatusValue } from '@aws-lambda-powertools/idempotency/types';
import type { QueryResultRow } from 'pg';
import { quoteIdentifier, quoteTable } from './identifiers.ts';
import { type Prepared, prepared } from './prepared.ts';

/** What the layer asks of its pool: a pg Pool, Client, or anything that answers like them. Each call is its own transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(statement: string | Prepared, values: unknown[]): Promise<{ rows: Row[] }>;
}

export interface RecordTable {
  tableName: string;
  keyAttr: string;
  sortKeyAttr?: string | undefined;
  statusAttr: string;
  expiryAttr: string;
  inProgressExpiryAttr: string;
  dataAttr: string;
  validationKeyAttr: string;
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

type PutResult = { won: true } | { won: false; existing: RecordRow | undefined };

export interface RecordStore {
  /** Stores the record unless one holds the key that has not expired, which it then returns. */
  put(key: KeyValues, record: Omit<RecordRow, 'data'>): Promise<PutResult>;
  /** Stores status, expiry, and what is not null of the rest; a record that is gone is made again, as UpdateItem does. */
  update(key: KeyValues, record: Omit<RecordRow, 'inProgressExpiryInMs'>): Promise<void>;
  get(key: KeyValues): Promise<RecordRow | undefined>;
  delete(key: KeyValues): Promise<void>;
}

/** Rows come as text, whatever parsers the pool's owner has set. */
interface TextRow {
  won: string;
  status: IdempotencyRecordStatusValue;
  expiry_in_ms: string;
  in_progress_expiry_in_ms: string | null;
  data: string | null;
  validation: string | null;
}

/** Each further attempt means that another caller's put was committed, or undone, within the last one: more is a storm. */
const MAX_PUT_ATTEMPTS = 10;
/** serialization_failure: only where the pool's default isolation is above READ COMMITTED. */
const SERIALIZATION_FAILURE = '40001';

function statements(table: RecordTable) {
  const name = quoteTable(table.tableName);
  const keyNames = table.sortKeyAttr === undefined ? [table.keyAttr] : [table.keyAttr, table.sortKeyAttr];
  const names = [
    table.statusAttr,
    table.expiryAttr,
    table.inProgressExpiryAttr,
    table.dataAttr,
    table.validationKeyAttr,
  ];
  if (new Set([...keyNames, ...names]).size !== keyNames.length + names.length) {
    throw new Error('two attributes of the idempotency table have the same name');
  }
  const keys = keyNames.map(quoteIdentifier);
  const keyList = keys.join(', ');
  const keyParameters = keys.map((_, index) => `$${index + 1}::text`).join(', ');
  const isKey = keys.map((key, index) => `held.${key} = $${index + 1}::text`).join(' AND ');
  const [status, expiry, inProgressExpiry, data, validation] = names.map(quoteIdentifier);
  const parameter = (index: number) => `$${keys.length + index}`;
  const fromNow = (index: number) => `statement_timestamp() + ${parameter(index)}::float8 * interval '1 millisecond'`;
  const msUntil = (column: string | undefined) =>
    `(extract(epoch FROM held.${column} - statement_timestamp()) * 1000)::float8::text`;

  // The rule of the DynamoDB layer's ConditionExpression, on the database's clock.
  const isFree = `(held.${expiry} < statement_timestamp()
      OR (held.${status} = 'INPROGRESS' AND coalesce(held.${inProgressExpiry} < statement_timestamp(), false)))`;
  const row = `held.${status} AS status, ${msUntil(expiry)} AS expiry_in_ms,
      ${msUntil(inProgressExpiry)} AS in_progress_expiry_in_ms, held.${data}::text AS data, held.${validation} AS validation`;

  return {
    // `live` spares a plain duplicate the lock and the write. It is no check that `put` relies on: who wins is decided by
    // the unique index and the row's lock alone. A row that was committed while this ran is in neither: ask again.
    put: `WITH live AS MATERIALIZED (
        SELECT ${row} FROM ${name} AS held WHERE ${isKey} AND NOT ${isFree}
      ), put AS (
        INSERT INTO ${name} AS held (${keyList}, ${status}, ${expiry}, ${inProgressExpiry}, ${validation})
        SELECT ${keyParameters}, ${parameter(1)}::text, ${fromNow(2)}, ${fromNow(3)}, ${parameter(4)}::text
        WHERE NOT EXISTS (SELECT FROM live)
        ON CONFLICT (${keyList}) DO UPDATE SET ${status} = EXCLUDED.${status}, ${expiry} = EXCLUDED.${expiry},
          ${inProgressExpiry} = EXCLUDED.${inProgressExpiry}, ${validation} = EXCLUDED.${validation}, ${data} = NULL
        WHERE ${isFree}
        RETURNING 1
      )
      SELECT 'yes' AS won, NULL AS status, NULL AS expiry_in_ms, NULL AS in_progress_expiry_in_ms, NULL AS data,
        NULL AS validation FROM put
      UNION ALL SELECT 'no', * FROM live`,
    update: prepared(
      'update',
      `INSERT INTO ${name} AS held (${keyList}, ${status}, ${expiry}, ${data}, ${validation})
      VALUES (${keyParameters}, ${parameter(1)}::text, ${fromNow(2)}, ${parameter(3)}::json, ${parameter(4)}::text)
      ON CONFLICT (${keyList}) DO UPDATE SET ${status} = EXCLUDED.${status}, ${expiry} = EXCLUDED.${expiry},
        ${data} = coalesce(EXCLUDED.${data}, held.${data}),
        ${validation} = coalesce(EXCLUDED.${validation}, held.${validation})`,
    ),
    get: `SELECT 'no' AS won, ${row} FROM ${name} AS held WHERE ${isKey}`,
    delete: `DELETE FROM ${name} AS held WHERE ${isKey}`,
  };
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

/** The idempotency records of one table. @throws TypeError, Error for names that cannot be columns of one table. */
export function recordStore(pool: Queryable, table: RecordTable): RecordStore {
  const sql = statements(table);

  async function tryPut(values: unknown[]): Promise<TextRow | undefined> {
    try {
      return (await pool.query<TextRow>(sql.put, values)).rows[0];
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === SERIALIZATION_FAILURE) return undefined;
      throw error;
    }
  }

  return {
    async put(key, { status, expiryInMs, inProgressExpiryInMs, validation }) {
      const values = [...key, status, expiryInMs, inProgressExpiryInMs, validation];
      for (let attempt = 1; attempt <= MAX_PUT_ATTEMPTS; attempt += 1) {
        const row = await tryPut(values);
        if (row) return row.won === 'yes' ? { won: true } : { won: false, existing: toRecordRow(row) };
      }
      return { won: false, existing: undefined };
    },
    async update(key, { status, expiryInMs, data, validation }) {
      await pool.query(sql.update, [...key, status, expiryInMs, data, validation]);
    },
    async get(key) {
      const { rows } = await pool.query<TextRow>(sql.get, [...key]);
      return rows[0] && toRecordRow(rows[0]);
    },
    async delete(key) {
      await pool.query(sql.delete, [...key]);
    },
  };
}
