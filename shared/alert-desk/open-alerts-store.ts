import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { type AlertItem, itemOf, type WardSnapshot } from './alert-item.ts';
import type { DeskAlert } from './desk-alert.ts';

const STAGE = { stage: 'alerts' } as const;

export interface DeskReadContext {
  readonly database: Database;
  readonly recordMetric: RecordMetric;
}

/** One statement: the revision is that of these very alerts. */
const OPEN = `
  SELECT coalesce((SELECT revision FROM alert_desk.wards WHERE ward = $1), 0)::text AS revision, alert.state, alert.facts
  FROM (VALUES (1)) AS one
  LEFT JOIN LATERAL (
    SELECT state, facts, number FROM alert_desk.alerts WHERE ward = $1 AND phase <> 'closed'
  ) AS alert ON true
  ORDER BY alert.number`;
const FIND = 'SELECT state, facts FROM alert_desk.alerts WHERE alert_id = $1';

type Row = { [Name in keyof DeskAlert]: DeskAlert[Name] | null } & { revision: string };

/** All alerts of a ward that are not closed, in the order in which they were heard of, as stations are shown them. */
export async function listOpenAlerts(ward: string, { database, recordMetric }: DeskReadContext): Promise<WardSnapshot> {
  const startedAt = performance.now();
  const rows = await database.query<Row>({ name: 'list-open-alerts', text: OPEN, values: [ward] });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const nowMs = Date.now();
  return {
    ward,
    revision: Number(rows[0]?.revision ?? 0),
    at: new Date(nowMs).toISOString(),
    alerts: rows.flatMap(({ state, facts }) => (state && facts ? [itemOf(state, facts, nowMs)] : [])),
  };
}

export async function findAlert(
  alertId: string,
  { database, recordMetric }: DeskReadContext,
): Promise<AlertItem | undefined> {
  const startedAt = performance.now();
  const [row] = await database.query<DeskAlert & Record<string, unknown>>({
    name: 'find-alert',
    text: FIND,
    values: [alertId],
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row && itemOf(row.state, row.facts, Date.now());
}
