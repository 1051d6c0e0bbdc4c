import type { Severity } from '../alerts/alert-kinds.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import { chainOf, type DeskRules } from './desk-rules.ts';
import type { Role } from './roles.ts';

/**
 * Where an alert is in its life; the only dimension that the table (transition-table.ts) has rows for. `unheard`: nothing has
 * come of it yet. `active`: its condition goes on. `resolved`: that has ended. `closed`: it is off the list.
 *
 * The rest are fields beside it, because each begins and ends on its own: a nurse who takes an alert that another has
 * acknowledged must not make it ring again, a pause of sound must not stop the search for somebody, and an alert that is
 * taken goes on ringing. As one dimension, the later of two answers would undo the earlier.
 */
export type Phase = 'unheard' | 'active' | 'resolved' | 'closed';

/** A role, or one person of it. */
export interface Addressee {
  readonly role: Role;
  readonly id: string | null;
}

export interface Actor {
  readonly id: string;
  readonly role: string;
}

type Identity = Pick<
  AlertEvent,
  'alertId' | 'patientId' | 'ward' | 'bed' | 'deviceId' | 'rule' | 'condition' | 'category'
>;

/** All there is to know of an alert, as plain JSON. Times are absolute (epoch ms), so that they outlive the process that set them. */
export interface AlertState extends Identity {
  readonly phase: Phase;
  readonly priority: Severity;
  /** Of the newest of the alerter's events that has been taken; 0: none. */
  readonly sequence: number;
  /** How many transitions it has been through. */
  readonly version: number;
  /** Who has to answer now. */
  readonly asked: Addressee;
  /** They have until then; null: an answer is there, or none is due. */
  readonly answerByMs: number | null;
  /** Quiet until then, since somebody has seen it. */
  readonly acknowledgedUntilMs: number | null;
  /** Who has taken it. It still rings, and is asked of nobody else. */
  readonly owner: Actor | null;
  /** Sound off until then; it is still asked of one after the other. */
  readonly silencedUntilMs: number | null;
  /** The alert that explains this one: until it is over, this one is neither heard nor asked of anybody. */
  readonly inhibitedBy: string | null;
  /** It was of high priority, and nobody has answered since: when it is over it stays on the list until somebody does. */
  readonly isLatched: boolean;
  /** It is over, and leaves the list then. */
  readonly closeAtMs: number | null;
  /** Who cannot take it: not told of it again (routing.ts). */
  readonly declined: readonly string[];
  /** Commands that were carried out: one that comes again gets its answer again. */
  readonly answers: readonly Answered[];
}

interface Answered {
  readonly key: string;
  readonly fingerprint: string;
  readonly version: number;
}

/** What an audit entry shows of an alert before and after. */
export function viewOf(state: AlertState) {
  const { phase, priority, ward, bed, asked, answerByMs, acknowledgedUntilMs, owner } = state;
  const { silencedUntilMs, inhibitedBy, isLatched, closeAtMs } = state;
  return {
    ...{ phase, priority, ward, bed, asked, answerByMs, acknowledgedUntilMs, owner },
    ...{ silencedUntilMs, inhibitedBy, isLatched, closeAtMs },
  };
}
export type AlertView = ReturnType<typeof viewOf>;

/** An alert of which this is the first event, before it is taken. */
export function unheard(event: AlertEvent, rules: DeskRules): AlertState {
  const { alertId, patientId, ward, bed, deviceId, rule, condition, category, priority } = event;
  const [first] = chainOf(event, rules);
  return {
    ...{ alertId, patientId, ward, bed, deviceId, rule, condition, category, priority },
    phase: 'unheard',
    sequence: 0,
    version: 0,
    asked: { role: first, id: null },
    answerByMs: null,
    acknowledgedUntilMs: null,
    owner: null,
    silencedUntilMs: null,
    inhibitedBy: null,
    isLatched: false,
    closeAtMs: null,
    declined: [],
    answers: [],
  };
}

const isAhead = (untilMs: number | null, nowMs: number) => untilMs !== null && untilMs > nowMs;

export const isAcknowledged = ({ acknowledgedUntilMs }: AlertState, nowMs: number) =>
  isAhead(acknowledgedUntilMs, nowMs);

/**
 * Whether it is to be heard now. A question to the state and the time alone: where the process that keeps the timers is dead,
 * an acknowledgement is over all the same.
 */
export const rings = (state: AlertState, nowMs: number): boolean =>
  state.phase === 'active' &&
  state.inhibitedBy === null &&
  !isAcknowledged(state, nowMs) &&
  !isAhead(state.silencedUntilMs, nowMs);

type Status = 'active' | 'acknowledged' | 'accepted' | 'silenced' | 'inhibited' | 'resolved' | 'closed';

/** One word for a list of alerts: what matters most of what holds now. */
export function statusOf(state: AlertState, nowMs: number): Status | 'unheard' {
  if (state.phase !== 'active') return state.phase;
  if (state.inhibitedBy !== null) return 'inhibited';
  if (state.owner !== null) return 'accepted';
  if (isAcknowledged(state, nowMs)) return 'acknowledged';
  return isAhead(state.silencedUntilMs, nowMs) ? 'silenced' : 'active';
}
