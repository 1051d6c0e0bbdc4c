// What has to be told, with its people: the rows that deliveries are made from.
import type { Severity } from '../alerts/alert-kinds.ts';
import { nameUuid } from '../name-uuid.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { Notification } from './desk-input.ts';
import type { Telling } from './grouping.ts';
import type { Role } from './roles.ts';
import type { Route } from './routing.ts';

/** One row of alert_desk.notifications. */
export interface NotificationRow {
  readonly notificationId: string;
  readonly alertId: string;
  /** The version of the alert that it tells of. */
  readonly version: number;
  readonly kind: Notification['kind'];
  /** Who is asked; null: it is for those whom it names, or who were told before. */
  readonly role: string | null;
  readonly people: readonly string[];
  /** How the people were found; of a retraction, from whom it is taken back. */
  readonly via: Route['via'] | 'everyone' | 'person' | 'all-but';
  readonly patientId: string;
  readonly ward: string;
  readonly bed: string;
  readonly priority: Severity;
  readonly told: 'single' | 'group';
  readonly groupId: string | null;
  readonly groupCount: number | null;
  /** To be heard; false: it only replaces what is shown of its group. */
  readonly isLouder: boolean;
  readonly traceparent: string;
}

/** Of notifications (RFC 9562, version 5): drawn once, for good. */
const NAMESPACE = Buffer.from('3b1f6a0e92c04d57a8e4157cd06fb2e9', 'hex');

/** @param place among what the transition tells */
const idOf = (alertId: string, version: number, kind: string, place: number) =>
  nameUuid(NAMESPACE, `${alertId}|${version}|${kind}|${place}`);

/** A transition that tells something, and which of what it tells this is. */
export interface Source {
  readonly version: number;
  readonly place: number;
}

function rowOf(
  { state, facts }: DeskAlert,
  { version, place }: Source,
  kind: Notification['kind'],
  to: Pick<NotificationRow, 'role' | 'people' | 'via'>,
  telling: Exclude<Telling, { told: 'before' }> = { told: 'single' },
): NotificationRow {
  const { alertId, patientId, ward, bed, priority } = state;
  const group = telling.told === 'group' ? telling.group : null;
  return {
    notificationId: idOf(alertId, version, kind, place),
    ...{ alertId, version, kind, patientId, ward, bed },
    ...to,
    priority: group?.priority ?? priority,
    told: telling.told,
    groupId: group?.groupId ?? null,
    groupCount: group?.count ?? null,
    isLouder: telling.told === 'single' || telling.isLouder,
    traceparent: facts.traceparent,
  };
}

export const askingRow = (
  alert: DeskAlert,
  source: Source,
  kind: 'ask' | 're-alarm',
  role: Role,
  { people, via }: Route,
  telling: Exclude<Telling, { told: 'before' }>,
): NotificationRow => rowOf(alert, source, kind, { role, people, via }, telling);

export const remindingRow = (alert: DeskAlert, source: Source, id: string): NotificationRow =>
  rowOf(alert, source, 'remind', { role: alert.state.owner?.role ?? null, people: [id], via: 'name' });

/** To those who were told. */
export function retractingRow(
  alert: DeskAlert,
  source: Source,
  notification: Extract<Notification, { kind: 'retract' }>,
): NotificationRow {
  const { told } = alert.facts;
  const via = notification.from;
  const people =
    via === 'everyone' ? told : via === 'person' ? [notification.id] : told.filter((one) => one !== notification.id);
  return rowOf(alert, source, 'retract', { role: null, people, via });
}
