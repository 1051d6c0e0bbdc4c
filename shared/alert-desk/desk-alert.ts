// An alert as the desk keeps it: its state, which the rules decide on, and what else there is to know of it.
import type { Severity } from '../alerts/alert-kinds.ts';
import type { AlertFacts } from './alert-item.ts';
import { type AlertState, isAcknowledged } from './alert-state.ts';
import type { Role } from './roles.ts';

/** That nobody of the role is there, as an alert of its own: the newest of them. `over`: it was, and is answered. */
export interface UnassignedAlert {
  readonly is: 'open' | 'over';
  readonly occurrence: number;
  readonly priority: Severity;
}

/** Plain JSON. */
export interface DeskFacts extends AlertFacts {
  /** W3C trace context of the newest event: what becomes of the alert later belongs to it. */
  readonly traceparent: string;
  /** Whether anybody was told of it who has not been told that it is over. */
  readonly isTold: boolean;
  /** Who was told so by name. */
  readonly told: readonly string[];
  readonly unassigned: Readonly<Partial<Record<Role, UnassignedAlert>>>;
  /** When staff first said that they have seen it. */
  readonly answeredAtMs: number | null;
}

export interface DeskAlert {
  readonly state: AlertState;
  readonly facts: DeskFacts;
}

/** Nobody has to be found for it any more, or not now. */
export const isSeenTo = (state: AlertState, nowMs: number): boolean =>
  state.phase !== 'active' || state.owner !== null || state.inhibitedBy !== null || isAcknowledged(state, nowMs);
