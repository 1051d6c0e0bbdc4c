import { handle } from './alert-lifecycle.ts';
import type { AlertState } from './alert-state.ts';
import { rings } from './alert-state.ts';
import { DEFAULT_RULES, UNASSIGNED } from './desk-rules.ts';
import { DEFAULT_GROUPING, type Grouping, NOTHING_RECENT } from './grouping.ts';
import { begun, desks, NOW_MS, type Router, type Scenario } from './routing-model.ts';

/** True where the router keeps the law in this situation. */
export type Law = (scenario: Scenario, router: Router) => boolean;

const PRIORITIES = ['low', 'medium', 'high'];
/** As the rule is told to people: what lies behind an electrode that is off. */
const BEHIND_LEADS = /^(no-data\/(ECG|HR|RR)|bad-data\/ECG)(@.*)?$/;

const deviceOf = ({ condition }: AlertState) => condition.split('@')[1] ?? '';
const isExplained = (alert: AlertState, alerts: readonly AlertState[]) =>
  alert.phase === 'active' &&
  alert.priority === 'low' &&
  BEHIND_LEADS.test(alert.condition) &&
  alerts.some(
    (other) =>
      other.phase === 'active' &&
      other.condition.startsWith('device/leads-off') &&
      other.patientId === alert.patientId &&
      deviceOf(other) === deviceOf(alert),
  );

function routed({ roster, to, declined, category }: Scenario, { route }: Router) {
  const rule = 'threshold';
  const alert = { ...begun({ ward: 'icu-1', bed: 'bed-01', category, rule }, NOW_MS), declined };
  const here = ({ assigned, onCall } = roster) =>
    [...assigned, ...onCall].filter(
      ({ personId, fromMs, untilMs, ward, bed }) =>
        fromMs <= NOW_MS &&
        NOW_MS < untilMs &&
        !declined.includes(personId) &&
        (ward === null || (ward === 'icu-1' && (bed === null || bed === 'bed-01'))),
    );
  const chain = DEFAULT_RULES.chains[category];
  const asked = chain.slice(Math.max(0, chain.indexOf(to.role)));
  return { alert, here: here(), asked, found: route(alert, to, roster, DEFAULT_RULES, NOW_MS) };
}

function* burst({ burst: made }: Scenario, { tellNew }: Router) {
  let grouping: Grouping = NOTHING_RECENT;
  let clockMs = NOW_MS;
  let atMs = Number.NEGATIVE_INFINITY;
  let last = { alertId: '', atMs: Number.NEGATIVE_INFINITY };
  for (const [index, { stepMs, priority, isKnown, asks }] of made.entries()) {
    clockMs += stepMs;
    const isRepeat = isKnown && last.atMs > Math.max(atMs, clockMs) - DEFAULT_GROUPING.windowMs;
    if (!isRepeat) {
      atMs = Math.max(atMs, clockMs);
      last = { alertId: `alert-${index}`, atMs };
    }
    const { alertId } = last;
    const done = tellNew(grouping, { alertId, priority, asks }, clockMs);
    yield { atMs, isRepeat, priority, asks, ...done };
    grouping = done.grouping;
  }
}

export const laws: Record<string, Law> = {
  'somebody is told where anybody is on duty for it, and only who is and has not declined': (scenario, router) => {
    const { here, asked, found } = routed(scenario, router);
    const { via, people } = found;
    if (via === 'name') {
      const { assigned, onCall } = scenario.roster;
      const turns = [...assigned, ...onCall].filter(({ personId }) => personId === scenario.to.id);
      const isOn = turns.some(({ fromMs, untilMs }) => fromMs <= NOW_MS && NOW_MS < untilMs);
      return isOn && people.join() === scenario.to.id && !scenario.declined.includes(scenario.to.id);
    }
    const able = here.filter(({ role }) => asked.includes(role));
    if (able.length === 0) return via === 'nobody' && people.length === 0;
    return people.length > 0 && people.every((id) => able.some(({ personId }) => personId === id));
  },
  'who is assigned is told before who is on call, of the bed before the ward, and each role before the next': (
    scenario,
    router,
  ) => {
    const { here, asked, found } = routed(scenario, router);
    if (found.via === 'name' || found.via === 'nobody') return true;
    const role = asked.find((one) => here.some((duty) => duty.role === one));
    const ofRole = here.filter((duty) => duty.role === role);
    const assigned = ofRole.filter((duty) => scenario.roster.assigned.includes(duty));
    const nearest = Math.min(...(assigned.length > 0 ? assigned : ofRole).map(distance));
    const first = (assigned.length > 0 ? assigned : ofRole).filter((duty) => distance(duty) === nearest);
    const isVia = found.via === (assigned.length > 0 ? 'assignment' : 'on-call');
    return isVia && new Set(first.map(({ personId }) => personId)).size === found.people.length;
  },
  'a role that nobody is there for is an alert of its own, once, and that makes no other': (scenario, router) => {
    const { alert, here, asked, found } = routed(scenario, router);
    if (found.via === 'name') return true;
    const first = asked.find((one) => here.some(({ role }) => role === one));
    const expected = first === undefined ? asked : asked.slice(0, asked.indexOf(first));
    if (found.unassigned.join() !== expected.join()) return false;
    return expected.every((role) => {
      const say = (type: 'start' | 'end', laterMs: number) =>
        router.unassignedEvent(alert, role, { type, sinceMs: NOW_MS, atMs: NOW_MS + laterMs });
      const [start, again, end] = [say('start', 0), say('start', 1), say('end', 2)];
      if (!start || !end || start.eventId !== again?.eventId || start.priority !== alert.priority) return false;
      const own = begun(start, NOW_MS);
      const over = handle(own, { input: 'event', event: end, atMs: NOW_MS }, DEFAULT_RULES).state;
      const further = router.unassignedEvent(own, role, { type: 'start', sinceMs: NOW_MS, atMs: NOW_MS });
      return own.rule === UNASSIGNED && rings(own, NOW_MS) && over?.phase === 'resolved' && further === null;
    });
  },
  'what an electrode that is off explains is inhibited, and nothing else': (scenario, router) => {
    for (const { alerts } of desks(scenario, router)) {
      if (alerts.some((alert) => (alert.inhibitedBy !== null) !== isExplained(alert, alerts))) return false;
    }
    return true;
  },
  'what is inhibited is neither heard nor asked of anybody, and both when it is explained no longer': (
    scenario,
    router,
  ) => {
    for (const { alerts, before, atMs, told } of desks(scenario, router)) {
      for (const alert of alerts) {
        const isInhibited = isExplained(alert, alerts);
        if (alert.phase === 'active' && rings(alert, atMs) === isInhibited) return false;
        if (isInhibited && alert.answerByMs !== null) return false;
        const wasInhibited = (before.get(alert.alertId)?.inhibitedBy ?? null) !== null;
        const isLifted = told.some(({ id, notifications }) => id === alert.alertId && notifications.length > 0);
        const isWorse = (before.get(alert.alertId)?.priority ?? 'low') !== alert.priority;
        if (wasInhibited && !isInhibited && alert.phase === 'active') {
          if (alert.answerByMs === null || (!isLifted && !isWorse)) return false;
        }
      }
    }
    return true;
  },
  'within a window no more than a few are told of one by one': (scenario, router) => {
    const singles: number[] = [];
    for (const { atMs, telling } of burst(scenario, router)) {
      if (telling.told === 'single') singles.push(atMs);
      const within = singles.filter((ms) => ms > atMs - DEFAULT_GROUPING.windowMs);
      if (within.length > DEFAULT_GROUPING.singlesMax) return false;
    }
    return true;
  },
  'each new alert is told of once, alone or in the count of its group': (scenario, router) => {
    const counts = new Map<string, number>();
    for (const { telling, isRepeat } of burst(scenario, router)) {
      if ((telling.told === 'before') !== isRepeat) return false;
      if (telling.told !== 'group') continue;
      const { groupId, count } = telling.group;
      if (count !== (counts.get(groupId) ?? 0) + 1) return false;
      counts.set(groupId, count);
    }
    return true;
  },
  'a group is of one role, says its highest priority, and is heard when that rises and whenever it is high': (
    scenario,
    router,
  ) => {
    const highest = new Map<string, number>();
    for (const { telling, priority, asks } of burst(scenario, router)) {
      if (telling.told !== 'group') continue;
      const { groupId, priority: said } = telling.group;
      const key = `${asks} ${groupId}`;
      const known = highest.get(key) ?? -1;
      const now = Math.max(known, PRIORITIES.indexOf(priority));
      const isHeard = now > known || priority === 'high';
      if (PRIORITIES.indexOf(said) !== now || telling.isLouder !== isHeard) return false;
      highest.set(key, now);
    }
    return true;
  },
};

/** 0: the bed; 1: the ward; 2: every ward. */
const distance = ({ ward, bed }: { readonly ward: string | null; readonly bed: string | null }) =>
  ward === null ? 2 : bed === null ? 1 : 0;
