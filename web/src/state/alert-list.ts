import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';

const RANK = { high: 0, medium: 1, low: 2 } as const satisfies Record<AlertItem['priority'], number>;

/**
 * By what has to be done: what is over or explained below what goes on; then by priority; of one priority what nobody has
 * answered first; then the longest first.
 */
export function byUrgency(one: AlertItem, other: AlertItem): number {
  return (
    Number(isSettled(one)) - Number(isSettled(other)) ||
    RANK[one.priority] - RANK[other.priority] ||
    Number(isAnswered(one)) - Number(isAnswered(other)) ||
    Date.parse(one.openedAt) - Date.parse(other.openedAt) ||
    (one.alertId < other.alertId ? -1 : 1)
  );
}

export const isSettled = ({ phase, inhibitedBy }: AlertItem): boolean => phase !== 'active' || inhibitedBy !== null;

const isAnswered = ({ owner, acknowledgedUntil }: AlertItem): boolean => owner !== null || acknowledgedUntil !== null;

/** A bed's most urgent alert that goes on, by bed. */
export function foremost(alerts: readonly AlertItem[]): ReadonlyMap<string, AlertItem> {
  const found = new Map<string, AlertItem>();
  for (const alert of alerts) {
    if (isSettled(alert) && !alert.isLatched) continue;
    const held = found.get(alert.bed);
    if (held === undefined || byUrgency(alert, held) < 0) found.set(alert.bed, alert);
  }
  return found;
}

type StatusNow = AlertItem['status'];

const isAhead = (until: string | null, nowMs: number) => until !== null && Date.parse(until) > nowMs;

/**
 * Whether it is to be heard now: of the snapshot's fields, so that an acknowledgement or a pause ends in time although
 * no other snapshot comes (shared/alert-desk/alert-state.ts has the same of its state).
 */
export const ringsNow = ({ phase, inhibitedBy, acknowledgedUntil, silencedUntil }: AlertItem, nowMs: number): boolean =>
  phase === 'active' && inhibitedBy === null && !isAhead(acknowledgedUntil, nowMs) && !isAhead(silencedUntil, nowMs);

export function statusNow(alert: AlertItem, nowMs: number): StatusNow {
  if (alert.phase !== 'active') return alert.phase;
  if (alert.inhibitedBy !== null) return 'inhibited';
  if (alert.owner !== null) return 'accepted';
  if (isAhead(alert.acknowledgedUntil, nowMs)) return 'acknowledged';
  return isAhead(alert.silencedUntil, nowMs) ? 'silenced' : 'active';
}
