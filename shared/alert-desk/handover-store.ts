import { itemOf } from './alert-item.ts';
import { historyEntries } from './alert-story-store.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { Handover } from './handover.ts';
import type { WardWindow } from './hours-query.ts';
import type { DeskReadContext } from './open-alerts-store.ts';
import { COMMANDS } from './roles.ts';

const STAGE = { stage: 'alerts' } as const;
/** Of each open alert: who asked last, who answered, what came then. */
const STEPS_SHOWN = 5;
/** Of a ward in a shift there are tens; a storm of them is for the statistics. */
const ALERTS_MAX = 500;

/** What is cut off of too many is the least urgent. */
const URGENT_FIRST = `array_position(ARRAY['high', 'medium', 'low'], a.priority)`;

const OPEN = `
  SELECT a.state, a.facts, (${historyEntries('s', { withViews: false })} FROM (
      SELECT * FROM alert_desk.history AS h WHERE h.alert_id = a.alert_id ORDER BY version DESC LIMIT ${STEPS_SHOWN}
    ) AS s) AS history
  FROM alert_desk.alerts AS a WHERE a.ward = $1 AND a.phase <> 'closed' ORDER BY ${URGENT_FIRST}, a.number LIMIT ${ALERTS_MAX}`;

const CLOSED = `
  SELECT a.state, a.facts, (${historyEntries('h', { withViews: false })}
      FROM alert_desk.history AS h WHERE h.alert_id = a.alert_id AND h.version = a.version) AS history
  FROM alert_desk.alerts AS a
  WHERE a.ward = $1 AND a.phase = 'closed' AND a.updated_at >= $2::timestamptz AND a.updated_at <= $3::timestamptz
  ORDER BY a.updated_at DESC LIMIT ${ALERTS_MAX}`;

/**
 * What is open, and what was closed since: each by its own index (migration 0010), whose condition stands here word for word. Without
 * it the ward's whole past is read, a year of which is millions of alerts.
 */
const CHANGED_SINCE = `(phase <> 'closed' OR (phase = 'closed' AND updated_at >= $2::timestamptz))`;

/** Of alerts that have changed since; the ward is the one that the alert was in at the time. */
const PEOPLE = `
  SELECT id, role, jsonb_object_agg(trigger, times ORDER BY trigger) AS commands FROM (
    SELECT h.who_id AS id, h.who_role AS role, h.trigger, count(*) AS times
    FROM alert_desk.alerts AS a JOIN alert_desk.history AS h USING (alert_id)
    WHERE a.ward = $1 AND ${CHANGED_SINCE} AND h.at >= $2::timestamptz AND h.at <= $3::timestamptz
      AND h.trigger = ANY($4::text[])
    GROUP BY 1, 2, 3
  ) GROUP BY id, role ORDER BY id, role`;

const BEDS = `
  SELECT bed, count(*) FILTER (WHERE phase <> 'closed')::int AS open,
    count(*) FILTER (WHERE opened_at >= $2::timestamptz AND opened_at <= $3::timestamptz)::int AS begun,
    count(*) FILTER (WHERE phase = 'closed')::int AS closed
  FROM alert_desk.alerts
  WHERE ward = $1 AND ${CHANGED_SINCE} AND (phase <> 'closed' OR updated_at <= $3::timestamptz)
  GROUP BY bed ORDER BY bed COLLATE "C"`;

type Listed = DeskAlert & { readonly history: Handover['open'][number]['history'] } & Record<string, unknown>;

export async function readHandover(
  { ward, fromMs, untilMs }: WardWindow,
  { database, recordMetric }: DeskReadContext,
): Promise<Handover> {
  const [from, until] = [new Date(fromMs).toISOString(), new Date(untilMs).toISOString()];
  const within = [ward, from, until];
  const startedAt = performance.now();
  const [open, closed, people, beds] = await Promise.all([
    database.query<Listed>({ name: 'handover-open', text: OPEN, values: [ward] }),
    database.query<Listed>({ name: 'handover-closed', text: CLOSED, values: within }),
    database.query<Handover['people'][number]>({
      name: 'handover-people',
      text: PEOPLE,
      values: [...within, COMMANDS],
    }),
    database.query<Handover['beds'][number]>({ name: 'handover-beds', text: BEDS, values: within }),
  ]);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const item = ({ state, facts }: DeskAlert) => itemOf(state, facts, untilMs);
  return {
    ...{ ward, from, until, people, beds },
    open: open.map((alert) => ({ ...item(alert), history: alert.history })),
    closed: closed.flatMap((alert) => {
      const [closing] = alert.history;
      return closing === undefined ? [] : [{ ...item(alert), closing }];
    }),
  };
}
