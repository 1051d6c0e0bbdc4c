import { itemOf } from './alert-item.ts';
import type { AlertStory, HistoryEntry, ToldEntry } from './alert-story.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { DeskReadContext } from './open-alerts-store.ts';

const STAGE = { stage: 'alerts' } as const;

/** As ISO 8601 in UTC, to the millisecond. */
const iso = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** `SELECT` of the entries of a table's rows as a JSON array, in their order. @param of the table's alias */
export const historyEntries = (of: string, { withViews }: { withViews: boolean }): string => `
  SELECT coalesce(jsonb_agg(jsonb_build_object('version', ${of}.version, 'trigger', ${of}.trigger,
    'who', jsonb_build_object('id', ${of}.who_id, 'role', ${of}.who_role), 'why', ${of}.why, 'at', ${iso(`${of}.at`)}
    ${withViews ? `, 'before', ${of}.before, 'after', ${of}.after` : ''}) ORDER BY ${of}.version), '[]')`;

/** One statement: the history is that of this very version. */
const STORY = `
  SELECT a.state, a.facts,
    (${historyEntries('h', { withViews: true })} FROM alert_desk.history AS h WHERE h.alert_id = a.alert_id) AS history,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('notificationId', n.notification_id, 'version', n.version, 'kind', n.kind,
        'role', n.role, 'people', n.people, 'via', n.via, 'told', n.told, 'groupId', n.group_id, 'groupCount', n.group_count,
        'at', ${iso('n.created_at')}) ORDER BY n.version, n.created_at), '[]')
      FROM alert_desk.notifications AS n WHERE n.alert_id = a.alert_id) AS notifications
  FROM alert_desk.alerts AS a WHERE a.alert_id = $1`;

interface Row extends Record<string, unknown>, DeskAlert {
  readonly history: HistoryEntry[];
  readonly notifications: ToldEntry[];
}

export async function findStory(
  alertId: string,
  { database, recordMetric }: DeskReadContext,
): Promise<AlertStory | undefined> {
  const startedAt = performance.now();
  const [row] = await database.query<Row>({ name: 'alert-story', text: STORY, values: [alertId] });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  if (row === undefined) return undefined;
  const { state, facts, history, notifications } = row;
  return { ...itemOf(state, facts, Date.now()), history, notifications };
}
