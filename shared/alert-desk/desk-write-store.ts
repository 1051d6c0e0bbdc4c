import type { Statement, Transaction } from '../postgres/database.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { AuditEntry } from './desk-input.ts';
import type { DeskChanges, TimerRow } from './desk-work.ts';
import type { Grouping } from './grouping.ts';
import type { NotificationRow } from './notification-row.ts';

/** Outbox: `{notificationId, traceparent}`. */
const NOTIFICATIONS_QUEUE = 'alert_notifications';
/** Outbox: `{ward, revision}`. */
const WARDS_QUEUE = 'alert_wards';
/** `{alertId, dueAtMs}`, to be read when that is. */
const TIMERS_QUEUE = 'alert_timers';

const isoOf = (ms: number) => new Date(ms).toISOString();
const json = (value: unknown) => JSON.stringify(value);

const WRITE_ALERTS = `
  INSERT INTO alert_desk.alerts AS known
    (alert_id, patient_id, ward, bed, rule, priority, phase, version, opened_at, updated_at, answered_at, state, facts)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[],
                       $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::jsonb[], $13::jsonb[])
  ON CONFLICT (alert_id) DO UPDATE SET
    ward = EXCLUDED.ward, bed = EXCLUDED.bed, priority = EXCLUDED.priority, phase = EXCLUDED.phase,
    version = EXCLUDED.version, updated_at = EXCLUDED.updated_at, answered_at = EXCLUDED.answered_at,
    state = EXCLUDED.state, facts = EXCLUDED.facts`;

const writeAlerts = (alerts: readonly DeskAlert[]): Statement => ({
  name: 'desk-write-alerts',
  text: WRITE_ALERTS,
  values: [
    alerts.map(({ state }) => state.alertId),
    alerts.map(({ state }) => state.patientId),
    alerts.map(({ state }) => state.ward),
    alerts.map(({ state }) => state.bed),
    alerts.map(({ state }) => state.rule),
    alerts.map(({ state }) => state.priority),
    alerts.map(({ state }) => state.phase),
    alerts.map(({ state }) => state.version),
    alerts.map(({ facts }) => isoOf(facts.openedAtMs)),
    alerts.map(({ facts }) => isoOf(facts.updatedAtMs)),
    alerts.map(({ facts }) => (facts.answeredAtMs === null ? null : isoOf(facts.answeredAtMs))),
    alerts.map(({ state }) => json(state)),
    alerts.map(({ facts }) => json(facts)),
  ],
});

const WRITE_HISTORY = `
  INSERT INTO alert_desk.history (alert_id, version, trigger, who_id, who_role, why, at, before, after)
  SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                       $8::jsonb[], $9::jsonb[])`;

const writeHistory = (entries: readonly AuditEntry[]): Statement => ({
  name: 'desk-write-history',
  text: WRITE_HISTORY,
  values: [
    entries.map(({ alertId }) => alertId),
    entries.map(({ version }) => version),
    entries.map(({ trigger }) => trigger),
    entries.map(({ who }) => who.id),
    entries.map(({ who }) => who.role),
    entries.map(({ why }) => why),
    entries.map(({ atMs }) => isoOf(atMs)),
    entries.map(({ from }) => json(from)),
    entries.map(({ to }) => json(to)),
  ],
});

/** An array in an array would have to be of one length: people travel as JSON. */
const WRITE_NOTIFICATIONS = `
  WITH told AS (
    INSERT INTO alert_desk.notifications (notification_id, alert_id, version, kind, role, people, via, patient_id, ward, bed,
      priority, told, group_id, group_count, is_louder, created_at)
    SELECT id, alert_id, version, kind, role, ARRAY(SELECT jsonb_array_elements_text(people)), via, patient_id, ward, bed,
      priority, told, group_id, group_count, is_louder, $17::timestamptz
    FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::text[], $12::text[], $13::uuid[], $14::int[], $15::boolean[])
      AS n (id, alert_id, version, kind, role, people, via, patient_id, ward, bed, priority, told, group_id, group_count, is_louder)
  )
  SELECT pgmq.send_batch('${NOTIFICATIONS_QUEUE}', $16::jsonb[])`;

const writeNotifications = (rows: readonly NotificationRow[], nowMs: number): Statement => ({
  name: 'desk-write-notifications',
  text: WRITE_NOTIFICATIONS,
  values: [
    rows.map(({ notificationId }) => notificationId),
    rows.map(({ alertId }) => alertId),
    rows.map(({ version }) => version),
    rows.map(({ kind }) => kind),
    rows.map(({ role }) => role),
    rows.map(({ people }) => json(people)),
    rows.map(({ via }) => via),
    rows.map(({ patientId }) => patientId),
    rows.map(({ ward }) => ward),
    rows.map(({ bed }) => bed),
    rows.map(({ priority }) => priority),
    rows.map(({ told }) => told),
    rows.map(({ groupId }) => groupId),
    rows.map(({ groupCount }) => groupCount),
    rows.map(({ isLouder }) => isLouder),
    rows.map(({ notificationId, traceparent }) => json({ notificationId, traceparent })),
    isoOf(nowMs),
  ],
});

const WRITE_GROUPINGS = `
  UPDATE alert_desk.patients AS p SET grouping = g.grouping
  FROM unnest($1::text[], $2::jsonb[]) AS g (patient_id, grouping) WHERE p.patient_id = g.patient_id`;

const writeGroupings = (groupings: ReadonlyMap<string, Grouping>): Statement => ({
  name: 'desk-write-groupings',
  text: WRITE_GROUPINGS,
  values: [[...groupings.keys()], [...groupings.values()].map(json)],
});

/** So long from now, not at an instant: the database's clock and ours need not agree. */
const WRITE_TIMERS = `
  SELECT pgmq.send('${TIMERS_QUEUE}', jsonb_build_object('alertId', alert_id, 'dueAtMs', due_at_ms),
    clock_timestamp() + greatest(0, due_at_ms - $3::float8) * interval '1 ms')
  FROM unnest($1::text[], $2::bigint[]) AS t (alert_id, due_at_ms)`;

const writeTimers = (timers: readonly TimerRow[], nowMs: number): Statement => ({
  name: 'desk-write-timers',
  text: WRITE_TIMERS,
  values: [timers.map(({ alertId }) => alertId), timers.map(({ dueAtMs }) => String(dueAtMs)), nowMs],
});

/** The wards' rows are held until the commit: in the order of their names, and last. */
const RAISE_REVISIONS = `
  WITH raised AS (
    INSERT INTO alert_desk.wards AS known (ward, revision)
    SELECT ward, 1 FROM unnest($1::text[]) AS w (ward) ORDER BY ward COLLATE "C"
    ON CONFLICT (ward) DO UPDATE SET revision = known.revision + 1
    RETURNING ward, revision
  )
  SELECT pgmq.send_batch('${WARDS_QUEUE}', array_agg(jsonb_build_object('ward', ward, 'revision', revision))) FROM raised`;

/** All that a transaction's work has changed. */
export async function writeChanges(tx: Transaction, changes: DeskChanges, nowMs: number): Promise<void> {
  const { alerts, history, notifications, groupings, timers, wards } = changes;
  if (alerts.length > 0) await tx.query(writeAlerts(alerts));
  if (history.length > 0) await tx.query(writeHistory(history));
  if (notifications.length > 0) await tx.query(writeNotifications(notifications, nowMs));
  if (groupings.size > 0) await tx.query(writeGroupings(groupings));
  if (timers.length > 0) await tx.query(writeTimers(timers, nowMs));
  if (wards.length > 0) await tx.query({ name: 'desk-raise-revisions', text: RAISE_REVISIONS, values: [wards] });
}
