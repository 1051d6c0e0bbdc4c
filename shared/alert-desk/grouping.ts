// Many new alerts of one patient at once are one piece of news: after the first few, one notification that counts.
import { isMoreUrgent, type Severity } from '../alerts/alert-kinds.ts';
import type { Role } from './roles.ts';

const S_MS = 1_000;

interface GroupingRules {
  /** So many are told of one by one within the window. */
  readonly singlesMax: number;
  readonly windowMs: number;
}

/** A patient who deteriorates breaks a limit, a trend and a score within seconds: three are read, a fourth only counted. */
export const DEFAULT_GROUPING: GroupingRules = { singlesMax: 3, windowMs: 30 * S_MS };

interface Recent {
  readonly alertId: string;
  readonly atMs: number;
}

/** Of one patient; plain JSON. */
export interface Grouping {
  /** New alerts within the window, the newest last. */
  readonly recent: readonly Recent[];
  /** By who is asked: what a technician was told of a group no nurse has heard. Null: none is open. */
  readonly groups: Readonly<Partial<Record<Role, Group>>> | null;
}

/** One notification, which the next one of its id replaces. */
interface Group {
  readonly groupId: string;
  readonly count: number;
  /** The highest of its alerts. */
  readonly priority: Severity;
}

export const NOTHING_RECENT: Grouping = { recent: [], groups: null };

/**
 * `isLouder`: of a higher priority than what was told of the group before, or its first: it has to be heard, not only shown. What is
 * of high priority always is: nobody may find it in a count.
 */
export type Telling =
  | { readonly told: 'single' }
  | { readonly told: 'group'; readonly group: Group; readonly isLouder: boolean }
  | { readonly told: 'before' };

/**
 * How a new alert is told of. A group lasts while its alerts follow each other so closely; one that is known is told of no more.
 * A clock that goes back counts as one that stands.
 */
export function tellNew(
  before: Grouping,
  { alertId, priority, asks }: { readonly alertId: string; readonly priority: Severity; readonly asks: Role },
  nowMs: number,
  { singlesMax, windowMs }: GroupingRules = DEFAULT_GROUPING,
): { readonly grouping: Grouping; readonly telling: Telling } {
  const atMs = Math.max(nowMs, before.recent.at(-1)?.atMs ?? nowMs);
  const within = before.recent.filter((one) => one.atMs > atMs - windowMs);
  if (within.some((one) => one.alertId === alertId)) return { grouping: before, telling: { told: 'before' } };
  const recent = [...within, { alertId, atMs }];
  if (recent.length <= singlesMax) return { grouping: { recent, groups: null }, telling: { told: 'single' } };
  const open = before.groups?.[asks];
  const isHigher = open === undefined || isMoreUrgent(priority, open.priority);
  const group = {
    groupId: open?.groupId ?? alertId,
    count: (open?.count ?? 0) + 1,
    priority: isHigher ? priority : open.priority,
  };
  const isLouder = isHigher || priority === 'high';
  return {
    grouping: { recent, groups: { ...before.groups, [asks]: group } },
    telling: { told: 'group', group, isLouder },
  };
}
