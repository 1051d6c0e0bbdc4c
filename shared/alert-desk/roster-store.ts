import type { Expected } from '../http/if-match.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database, Transaction } from '../postgres/database.ts';
import type { Actor } from './alert-state.ts';
import { type Duties, peopleOf, type StoredRoster } from './roster.ts';

const STAGE = { stage: 'alerts' } as const;
const COLUMNS = 'version, duties, updated_at, updated_by, reason';
const FIND = `SELECT ${COLUMNS} FROM alert_desk.rosters WHERE ward = $1`;
/** A row to lock, also where there is none yet; version 0 is nothing that anybody has put. */
const MAKE = `
  INSERT INTO alert_desk.rosters (ward, version, duties, people, updated_by, reason)
  VALUES ($1, 0, '{"assigned": [], "onCall": []}', '{}', '', '') ON CONFLICT (ward) DO NOTHING`;
const LOCK = 'SELECT version, duties FROM alert_desk.rosters WHERE ward = $1 FOR UPDATE';
const PUT = `
  UPDATE alert_desk.rosters
  SET version = version + 1, duties = $2::jsonb, people = $3::text[], updated_at = clock_timestamp(), updated_by = $4, reason = $5
  WHERE ward = $1 RETURNING ${COLUMNS}`;
const AUDIT = `
  INSERT INTO alert_desk.roster_changes (ward, version, before, after, changed_by, changed_role, reason)
  VALUES ($1, $2, $3::jsonb, $4::jsonb, $5, $6, $7)`;

interface RosterContext {
  readonly database: Database;
  readonly recordMetric: RecordMetric;
}

interface Row extends Record<string, unknown> {
  version: number;
  duties: Duties;
  updated_at: Date;
  updated_by: string;
  reason: string;
}

const NEVER_PUT = { version: 0, assigned: [], onCall: [], updatedAt: null, updatedBy: null, reason: null };

function toStored(ward: string, row: Row | undefined): StoredRoster {
  if (row === undefined || row.version === 0) return { ward, ...NEVER_PUT };
  const { version, duties, updated_at, updated_by, reason } = row;
  return { ward, version, ...duties, updatedAt: updated_at.toISOString(), updatedBy: updated_by, reason };
}

/** @param ward or `EVERY_WARD`. Of one that nobody has put: version 0, nobody on duty */
export async function findRoster(ward: string, { database, recordMetric }: RosterContext): Promise<StoredRoster> {
  const startedAt = performance.now();
  const [row] = await database.query<Row>({ name: 'find-roster', text: FIND, values: [ward] });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return toStored(ward, row);
}

interface RosterChange {
  readonly ward: string;
  readonly duties: Duties;
  readonly who: Actor;
  readonly reason: string;
  readonly expected: Expected;
}

/** Sets a ward's roster, all of it; undefined: it is not as expected, and nothing was changed. */
export async function putRoster(
  { ward, duties, who, reason, expected }: RosterChange,
  { database, recordMetric }: RosterContext,
): Promise<StoredRoster | undefined> {
  async function put(tx: Transaction): Promise<StoredRoster | undefined> {
    await tx.query({ name: 'make-roster', text: MAKE, values: [ward] });
    const [before] = await tx.query<Pick<Row, 'version' | 'duties'>>({
      name: 'lock-roster',
      text: LOCK,
      values: [ward],
    });
    const version = before?.version ?? 0;
    const isOther =
      expected.versions === null ? expected.mustExist && version === 0 : !expected.versions.includes(version);
    if (isOther) return undefined;
    const document = JSON.stringify(duties);
    const values = [ward, document, peopleOf(duties), who.id, reason];
    const [row] = await tx.query<Row>({ name: 'put-roster', text: PUT, values });
    const was = version === 0 ? null : JSON.stringify(before?.duties);
    const audited = [ward, version + 1, was, document, who.id, who.role, reason];
    await tx.query({ name: 'audit-roster', text: AUDIT, values: audited });
    return toStored(ward, row);
  }
  const startedAt = performance.now();
  const stored = await database.transaction(put);
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return stored;
}
