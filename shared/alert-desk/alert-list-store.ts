import type { Severity } from '../alerts/alert-kinds.ts';
import { type AlertItem, itemOf } from './alert-item.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { DeskReadContext } from './open-alerts-store.ts';

const STAGE = { stage: 'alerts' } as const;

/** Which alerts; what is not said does not matter. */
export interface AlertFilter {
  readonly ward?: string | undefined;
  readonly patientId?: string | undefined;
  readonly priority?: Severity | undefined;
  readonly status: 'open' | 'all';
  /** Behind this one, in the order of the list. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

const CONDITIONS = { ward: 'ward =', patientId: 'patient_id =', priority: 'priority =', cursor: 'number <' } as const;

interface Page {
  readonly alerts: AlertItem[];
  readonly nextCursor: string | undefined;
}

/** A page of alerts, the one that was heard of last first. Each set of filters is a statement of its own, with a plan of its own. */
export async function listAlerts(
  { status, limit, ...given }: AlertFilter,
  { database, recordMetric }: DeskReadContext,
): Promise<Page> {
  const values: unknown[] = [limit];
  const asked: string[] = [];
  const conditions = status === 'open' ? ["phase <> 'closed'"] : [];
  for (const [name, condition] of Object.entries(CONDITIONS) as [keyof typeof CONDITIONS, string][]) {
    if (given[name] === undefined) continue;
    asked.push(name);
    conditions.push(`${condition} $${values.push(given[name])}`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const text = `SELECT number::text, state, facts FROM alert_desk.alerts ${where} ORDER BY number DESC LIMIT $1`;
  const startedAt = performance.now();
  const rows = await database.query<DeskAlert & { number: string } & Record<string, unknown>>({
    name: `list-alerts-${[status, ...asked].join('-')}`,
    text,
    values,
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const nowMs = Date.now();
  const alerts = rows.map(({ state, facts }) => itemOf(state, facts, nowMs));
  return { alerts, nextCursor: rows.length === limit ? rows.at(-1)?.number : undefined };
}
