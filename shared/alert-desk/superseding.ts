// Of a patient and condition there is one open alert: a condition that begins again takes the place of what is left of it.
import { isMoreUrgent } from '../alerts/alert-kinds.ts';
import type { AlertState } from './alert-state.ts';
import type { DeskInput } from './desk-input.ts';
import { UNASSIGNED } from './desk-rules.ts';

/** An alert, and when its condition began, by the device: ISO 8601 in UTC. */
export interface Episode {
  readonly state: AlertState;
  readonly onset: string;
}

/** What nobody has seen is not replaced by what is less urgent: it would be gone unseen. */
const isUnseen = ({ isLatched, priority }: AlertState, by: AlertState) =>
  isLatched && isMoreUrgent(priority, by.priority);

/**
 * What has to be said to which alerts, once this one is heard of: the alerter has one open alert of a condition at a time, so that an
 * older one is over though its end be late. That nobody is there is said of each alert by itself.
 */
export function superseded(
  newer: Episode,
  alerts: readonly Episode[],
  atMs: number,
): ReadonlyMap<string, Extract<DeskInput, { input: 'supersede' }>> {
  const { alertId: by, patientId, condition, rule, phase } = newer.state;
  const isOlder = ({ state, onset }: Episode) =>
    state.alertId !== by &&
    state.patientId === patientId &&
    state.condition === condition &&
    (state.phase === 'active' || state.phase === 'resolved') &&
    onset <= newer.onset &&
    !isUnseen(state, newer.state);
  if (phase !== 'active' || rule === UNASSIGNED) return new Map();
  return new Map(alerts.filter(isOlder).map(({ state }) => [state.alertId, { input: 'supersede', by, atMs }]));
}
