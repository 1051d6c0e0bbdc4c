// Who is told: whoever is assigned to the bed, else to the ward, else who is on call; where there is nobody, the next role.
import { type AlertEvent, type AlertEventType, alertEventIdOf, alertIdOf } from '../vitals/alert-event.ts';
import type { Addressee, AlertState } from './alert-state.ts';
import { chainOf, type DeskRules, UNASSIGNED } from './desk-rules.ts';
import type { Role } from './roles.ts';

/** One person's turn. `ward` null: of every ward; `bed` null: of the whole ward. */
interface Duty {
  readonly personId: string;
  readonly role: Role;
  readonly ward: string | null;
  readonly bed: string | null;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Roster {
  readonly assigned: readonly Duty[];
  readonly onCall: readonly Duty[];
}

export interface Route {
  readonly people: readonly string[];
  readonly via: 'name' | 'assignment' | 'on-call' | 'nobody';
  /** Roles that nobody is on duty for here; each is an alert of its own (`unassignedEvent`). */
  readonly unassigned: readonly Role[];
}

/**
 * @param to whom the alert asks. A person who is not on duty stands for their role
 * @param atMs when, by our clock
 */
export function route(alert: AlertState, to: Addressee, roster: Roster, rules: DeskRules, atMs: number): Route {
  const isOn = ({ fromMs, untilMs, personId }: Duty) =>
    fromMs <= atMs && atMs < untilMs && !alert.declined.includes(personId);
  const assigned = roster.assigned.filter(isOn);
  const onCall = roster.onCall.filter(isOn);
  const { id } = to;
  if (id !== null && [...assigned, ...onCall].some(({ personId }) => personId === id)) {
    return { people: [id], via: 'name', unassigned: [] };
  }
  const chain = chainOf(alert, rules);
  const unassigned: Role[] = [];
  for (const role of chain.slice(Math.max(0, chain.indexOf(to.role)))) {
    for (const [via, duties] of [['assignment', assigned] as const, ['on-call', onCall] as const]) {
      const people = nearest(duties, role, alert);
      if (people.length > 0) return { people, via, unassigned };
    }
    unassigned.push(role);
  }
  return { people: [], via: 'nobody', unassigned };
}

/** Those of the bed; without any, those of the ward; without any, those of every ward. */
function nearest(duties: readonly Duty[], role: Role, { ward, bed }: AlertState): readonly string[] {
  const ofRole = duties.filter((duty) => duty.role === role);
  const circles = [
    ofRole.filter((duty) => duty.ward === ward && duty.bed === bed),
    ofRole.filter((duty) => duty.ward === ward && duty.bed === null),
    ofRole.filter((duty) => duty.ward === null),
  ];
  const people = circles.find((circle) => circle.length > 0) ?? [];
  return [...new Set(people.map(({ personId }) => personId))];
}

/** Of one alert and role there is one at a time; it is over once the alert is answered, or over. */
const SEQUENCES = { start: 1, end: 2 } as const satisfies Partial<Record<AlertEventType, number>>;

/**
 * That nobody of a role is there for an alert, as an alert: as urgent as that one, for who answers for the ward.
 * Null: the alert says so itself already; of nobody being there for that, no further one is made.
 */
export function unassignedEvent(
  alert: AlertState,
  role: Role,
  {
    type,
    sinceMs,
    atMs,
    occurrence = 1,
  }: {
    readonly type: keyof typeof SEQUENCES;
    readonly sinceMs: number;
    readonly atMs: number;
    /** Nobody is there again, after it was answered or has become worse. */
    readonly occurrence?: number;
  },
): AlertEvent | null {
  if (alert.rule === UNASSIGNED) return null;
  const condition = `${UNASSIGNED}/${role}`;
  // Named by the alert, not the patient: each alert that finds nobody is one that somebody has to see to.
  const alertId = alertIdOf(alert.alertId, condition, 0, occurrence);
  const { patientId, ward, bed, deviceId, priority } = alert;
  return {
    eventId: alertEventIdOf(alertId, SEQUENCES[type]),
    ...{ alertId, type, sequence: SEQUENCES[type], patientId, ward, bed, deviceId, condition, priority },
    rule: UNASSIGNED,
    category: 'physiological',
    kind: null,
    onset: new Date(sinceMs).toISOString(),
    at: new Date(atMs).toISOString(),
    detail: { alertId: alert.alertId, role },
  };
}
