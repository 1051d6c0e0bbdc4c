import type { Expected } from '../http/if-match.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { readThresholds, type StoredThresholds } from './threshold-document.ts';
import type { Scope } from './threshold-scope.ts';
import type { Thresholds } from './thresholds.ts';

const STAGE = { stage: 'vitals' } as const;
const COLUMNS = 'scope, document, version, updated_at, updated_by, reason';
const FIND = `SELECT ${COLUMNS} FROM vitals.thresholds WHERE scope = ANY($1::text[])`;
const LIST = `SELECT ${COLUMNS} FROM vitals.thresholds WHERE scope > $1 ORDER BY scope LIMIT $2`;
const ALL = 'SELECT scope, document FROM vitals.thresholds';
const SOME = `${ALL} WHERE scope = ANY($1::text[])`;
// The audit and the notification of who follows are the table's triggers' (0009-vitals.sql).
const PUT = `SELECT ${COLUMNS} FROM vitals.put_thresholds($1, $2::jsonb, $3, $4, $5, $6::int[])`;
const REMOVE = 'SELECT outcome, version FROM vitals.remove_thresholds($1, $2, $3, $4::int[])';

export interface ThresholdContext {
  database: Database;
  recordMetric: RecordMetric;
}

/** Who changes a scope, why, and what it has to be like to be changed. */
export interface ThresholdChange {
  scope: Scope;
  changedBy: string;
  reason: string;
  expected: Expected;
}

/** A scope's thresholds as they are stored, good or not. */
export interface StoredDocument {
  scope: string;
  document: Record<string, unknown>;
}

interface Row extends StoredDocument {
  version: number;
  updated_at: Date;
  updated_by: string;
  reason: string;
}

function toStored({ scope, document, version, updated_at, updated_by, reason }: Row): StoredThresholds {
  const read = readThresholds(document);
  return {
    scope,
    version,
    thresholds: document,
    ...('fault' in read ? { fault: read.fault } : {}),
    updatedAt: updated_at.toISOString(),
    updatedBy: updated_by,
    reason,
  };
}

async function read<R extends object>(
  { database, recordMetric }: ThresholdContext,
  name: string,
  text: string,
  values: unknown[],
): Promise<R[]> {
  const startedAt = performance.now();
  const rows = await database.query<R>({ name, text, values });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}

/** Those of these scopes that are set. */
export async function findThresholds(scopes: readonly Scope[], context: ThresholdContext): Promise<StoredThresholds[]> {
  return (await read<Row>(context, 'find-thresholds', FIND, [scopes])).map(toStored);
}

/** Scopes in the order of their names, behind this one. */
export async function listThresholds(
  after: string,
  limit: number,
  context: ThresholdContext,
): Promise<StoredThresholds[]> {
  return (await read<Row>(context, 'list-thresholds', LIST, [after, limit])).map(toStored);
}

/** The documents of these scopes, of those that are set; of all scopes, if none is named. */
export async function readDocuments(
  scopes: readonly string[] | undefined,
  context: ThresholdContext,
): Promise<StoredDocument[]> {
  if (scopes === undefined) return await read<StoredDocument>(context, 'read-all-thresholds', ALL, []);
  return await read<StoredDocument>(context, 'read-thresholds', SOME, [scopes]);
}

/** Sets a scope's thresholds, all of them; undefined: it is not as expected, and nothing was changed. */
export async function putThresholds(
  thresholds: Thresholds,
  { scope, changedBy, reason, expected }: ThresholdChange,
  { database, recordMetric }: ThresholdContext,
): Promise<StoredThresholds | undefined> {
  const startedAt = performance.now();
  const [row] = await database.query<Row & object>({
    name: 'put-thresholds',
    text: PUT,
    values: [scope, JSON.stringify(thresholds), changedBy, reason, expected.mustExist, expected.versions],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return row && toStored(row);
}

/** `removed`, with the version of the removal; `absent`; or `other`: it is not as expected, and nothing was changed. */
export async function removeThresholds(
  { scope, changedBy, reason, expected }: ThresholdChange,
  { database, recordMetric }: ThresholdContext,
): Promise<{ outcome: 'removed' | 'absent' | 'other'; version: number | null }> {
  const startedAt = performance.now();
  const [answer] = await database.query<{ outcome: 'removed' | 'absent' | 'other'; version: number | null }>({
    name: 'remove-thresholds',
    text: REMOVE,
    values: [scope, changedBy, reason, expected.versions],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (answer === undefined) throw new Error('removing thresholds returned no row');
  return answer;
}
