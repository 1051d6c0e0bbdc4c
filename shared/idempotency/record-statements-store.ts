import { quoteIdentifier, quoteTable } from './identifiers.ts';
import { type Prepared, prepared } from './prepared.ts';

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

/** Statements for groups of records: a lock_timeout in milliseconds or null (not for `get`), then an array a column. */
interface RecordStatements {
  keyColumns: readonly string[];
  put: string;
  update: Prepared;
  get: string;
  delete: string;
}

/** The table that migrations/0003-idempotency.sql makes: its put is a function, see there. */
export const DEFAULT_TABLE: RecordTable = {
  tableName: 'idempotency.keys',
  keyAttr: 'id',
  statusAttr: 'status',
  expiryAttr: 'expiration',
  inProgressExpiryAttr: 'in_progress_expiration',
  dataAttr: 'data',
  validationKeyAttr: 'validation',
};
const PUT_IN_DEFAULT_TABLE = `SELECT * FROM idempotency.put_records($1::text, $2::text[], $3::text[], $4::float8[], $5::float8[], $6::text[])`;

function isDefault(table: RecordTable): boolean {
  const names = Object.keys(DEFAULT_TABLE) as (keyof RecordTable)[];
  return table.sortKeyAttr === undefined && names.every((name) => table[name] === DEFAULT_TABLE[name]);
}

/** @throws TypeError, Error for names that cannot be columns of one table. */
export function recordStatements(table: RecordTable): RecordStatements {
  const text = statementTexts(table);
  return {
    ...text,
    put: isDefault(table) ? PUT_IN_DEFAULT_TABLE : text.put,
    update: prepared('update', text.update),
  };
}

/** The texts as they are for any table; the body of the default table's function is that of its put. */
export function statementTexts(table: RecordTable) {
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
  const keyColumns = keyNames.map(quoteIdentifier);
  const keyList = keyColumns.join(', ');
  const [status, expiry, inProgressExpiry, data, validation] = names.map(quoteIdentifier);
  // What is asked has names of its own, k1 and k2 the key: none of a table's can be confused with them.
  const keys = keyColumns.map((_, index) => `k${index + 1}`);
  const askedKeys = keys.map((key) => `asked.${key}`).join(', ');
  const isKey = keyColumns.map((column, index) => `held.${column} = asked.k${index + 1}`).join(' AND ');

  /** Rows of the arrays, which begin at parameter `first`; `turn` counts from 1. */
  const rowsOf = (alias: string, first: number, columns: readonly (readonly [string, string])[]) => {
    const typed = [...keys.map((key) => [key, 'text'] as const), ...columns];
    const arrays = typed.map(([, type], index) => `$${first + index}::${type}[]`).join(', ');
    return `unnest(${arrays}) WITH ORDINALITY AS ${alias} (${typed.map(([column]) => column).join(', ')}, turn)`;
  };
  // The limit lasts as long as the statement. It is in force before a row is locked: what is locked depends on its row.
  const asked = (columns: readonly (readonly [string, string])[]) => `asked AS MATERIALIZED (
    SELECT i.* FROM (SELECT set_config('lock_timeout', coalesce($1::text, current_setting('lock_timeout')), true) OFFSET 0) AS bounded,
      ${rowsOf('i', 2, columns)}
  )`;
  const inMs = (ms: string) => `statement_timestamp() + ${ms} * interval '1 millisecond'`;
  const msUntil = (column: string | undefined) =>
    `(extract(epoch FROM held.${column} - statement_timestamp()) * 1000)::float8::text`;
  // The rule of the DynamoDB layer's ConditionExpression, on the database's clock.
  const isFree = `(held.${expiry} < statement_timestamp()
    OR (held.${status} = 'INPROGRESS' AND coalesce(held.${inProgressExpiry} < statement_timestamp(), false)))`;
  const row = `held.${status} AS status, ${msUntil(expiry)} AS expiry_in_ms,
    ${msUntil(inProgressExpiry)} AS in_progress_expiry_in_ms, held.${data}::text AS data, held.${validation} AS validation`;

  return {
    keyColumns,
    // `live` spares a plain duplicate the lock and the write. It is no check that `put` relies on: who wins is decided by
    // the unique index and the row's lock alone. A row that was committed while this ran is in neither: ask again.
    // OFFSET 0: the look-up by key stays one of its own, for which no other index can serve.
    put: `WITH ${asked([
      ['status', 'text'],
      ['expiry_in_ms', 'float8'],
      ['in_progress_expiry_in_ms', 'float8'],
      ['validation', 'text'],
    ])}, live AS MATERIALIZED (
    SELECT asked.turn, ${row}
    FROM asked CROSS JOIN LATERAL (SELECT * FROM ${name} AS held WHERE ${isKey} OFFSET 0) AS held
    WHERE NOT ${isFree}
  ), put AS (
    INSERT INTO ${name} AS held (${keyList}, ${status}, ${expiry}, ${inProgressExpiry}, ${validation})
    SELECT ${askedKeys}, asked.status, ${inMs('asked.expiry_in_ms')}, ${inMs('asked.in_progress_expiry_in_ms')}, asked.validation
    FROM asked WHERE NOT EXISTS (SELECT FROM live WHERE live.turn = asked.turn) ORDER BY asked.turn
    ON CONFLICT (${keyList}) DO UPDATE SET ${status} = EXCLUDED.${status}, ${expiry} = EXCLUDED.${expiry},
      ${inProgressExpiry} = EXCLUDED.${inProgressExpiry}, ${validation} = EXCLUDED.${validation}, ${data} = NULL
    WHERE ${isFree}
    RETURNING ${keyColumns.map((column) => `held.${column}`).join(', ')}
  )
  SELECT asked.turn::text AS turn, 'yes' AS won, NULL AS status, NULL AS expiry_in_ms, NULL AS in_progress_expiry_in_ms,
    NULL AS data, NULL AS validation FROM put AS held JOIN asked ON ${isKey}
  UNION ALL SELECT turn::text, 'no', status, expiry_in_ms, in_progress_expiry_in_ms, data, validation FROM live`,
    update: `WITH ${asked([
      ['status', 'text'],
      ['expiry_in_ms', 'float8'],
      ['data', 'text'],
      ['validation', 'text'],
    ])}
  INSERT INTO ${name} AS held (${keyList}, ${status}, ${expiry}, ${data}, ${validation})
  SELECT ${askedKeys}, asked.status, ${inMs('asked.expiry_in_ms')}, asked.data::json, asked.validation
  FROM asked ORDER BY asked.turn
  ON CONFLICT (${keyList}) DO UPDATE SET ${status} = EXCLUDED.${status}, ${expiry} = EXCLUDED.${expiry},
    ${data} = coalesce(EXCLUDED.${data}, held.${data}), ${validation} = coalesce(EXCLUDED.${validation}, held.${validation})`,
    get: `SELECT asked.turn::text AS turn, 'no' AS won, ${row}
  FROM ${rowsOf('asked', 1, [])} JOIN ${name} AS held ON ${isKey}`,
    delete: `WITH ${asked([])}, locked AS MATERIALIZED (
    SELECT ${keyColumns.map((column) => `held.${column}`).join(', ')}
    FROM asked JOIN ${name} AS held ON ${isKey} ORDER BY asked.turn FOR UPDATE OF held
  )
  DELETE FROM ${name} AS held USING locked
  WHERE ${keyColumns.map((column) => `held.${column} = locked.${column}`).join(' AND ')}`,
  };
}
