// What a transition tells, to whom, and what is then known of who was told.
import type { DeskAlert, DeskFacts } from './desk-alert.ts';
import type { Notification, Outcome } from './desk-input.ts';
import type { DeskRules } from './desk-rules.ts';
import { type Grouping, tellNew } from './grouping.ts';
import { askingRow, type NotificationRow, remindingRow, retractingRow, type Source } from './notification-row.ts';
import type { Role } from './roles.ts';
import { type Roster, route } from './routing.ts';

/** A transition, and whether it is the first of its alert. */
export interface Told {
  readonly alertId: string;
  readonly isNew: boolean;
  readonly outcome: Outcome;
}

interface Telling {
  readonly rows: readonly NotificationRow[];
  readonly facts: DeskFacts;
  readonly grouping: Grouping;
  /** Roles that nobody is there for. */
  readonly unassigned: readonly Role[];
}

interface Around {
  readonly grouping: Grouping;
  readonly roster: Roster;
  readonly rules: DeskRules;
  readonly nowMs: number;
}

/** @param alert as it is after all that followed from the same input */
export function tell(alert: DeskAlert, { isNew, outcome }: Told, around: Around): Telling {
  const { rules, nowMs, roster } = around;
  let { facts } = alert;
  let { grouping } = around;
  const rows: NotificationRow[] = [];
  const unassigned = new Set<Role>();

  function ask(notification: Extract<Notification, { kind: 'ask' | 're-alarm' }>, source: Source): void {
    // What is explained by now is not told of; nobody has been told, so there is nothing to retract, either.
    if (alert.state.inhibitedBy !== null) return;
    const { kind, to } = notification;
    const { alertId, priority } = alert.state;
    let telling: ReturnType<typeof tellNew>['telling'] = { told: 'single' };
    if (isNew && kind === 'ask') {
      ({ telling, grouping } = tellNew(grouping, { alertId, priority, asks: to.role }, nowMs));
    }
    if (telling.told === 'before') return;
    const found = route(alert.state, to, roster, rules, nowMs);
    rows.push(askingRow({ ...alert, facts }, source, kind, to.role, found, telling));
    facts = { ...facts, isTold: true, told: [...new Set([...facts.told, ...found.people])] };
    for (const role of found.unassigned) unassigned.add(role);
  }

  function retract(notification: Extract<Notification, { kind: 'retract' }>, source: Source): void {
    if (!facts.isTold) return;
    const row = retractingRow({ ...alert, facts }, source, notification);
    rows.push(row);
    const told = facts.told.filter((one) => !row.people.includes(one));
    facts = { ...facts, told, isTold: notification.from !== 'everyone' };
  }

  function remind(id: string, source: Source): void {
    if (alert.state.inhibitedBy !== null) return;
    rows.push(remindingRow({ ...alert, facts }, source, id));
    facts = { ...facts, isTold: true, told: [...new Set([...facts.told, id])] };
  }

  const version = outcome.state?.version ?? 0;
  for (const [place, notification] of outcome.notifications.entries()) {
    const source = { version, place };
    if (notification.kind === 'retract') retract(notification, source);
    else if (notification.kind === 'remind') remind(notification.id, source);
    else ask(notification, source);
  }
  return { rows, facts, grouping, unassigned: [...unassigned] };
}
