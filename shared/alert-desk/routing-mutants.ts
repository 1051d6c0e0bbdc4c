import { DEFAULT_GROUPING } from './grouping.ts';
import { type Router, realRouter } from './routing-model.ts';

const { route, unassignedEvent, inhibitionChanges, tellNew } = realRouter;
const but = (change: Partial<Router>): Router => ({ ...realRouter, ...change });

const ANYBODY = 'somebody is told where anybody is on duty for it, and only who is and has not declined';
const NEAREST =
  'who is assigned is told before who is on call, of the bed before the ward, and each role before the next';
const NOBODY = 'a role that nobody is there for is an alert of its own, once, and that makes no other';
const EXACTLY = 'what an electrode that is off explains is inhibited, and nothing else';
const LIFTED = 'what is inhibited is neither heard nor asked of anybody, and both when it is explained no longer';
const HEARD = 'a group is of one role, says its highest priority, and is heard when that rises and whenever it is high';
const ONCE = 'each new alert is told of once, alone or in the count of its group';

/** Small variations of the router, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; router: Router }> = {
  'gives up after the first role': {
    breaks: ANYBODY,
    router: but({
      route(alert, to, ...rest) {
        const found = route(alert, to, ...rest);
        return found.unassigned.length > 0 ? { ...found, people: [], via: 'nobody' } : found;
      },
    }),
  },
  'looks at no hours': {
    breaks: ANYBODY,
    router: but({
      route(alert, to, { assigned, onCall }, ...rest) {
        const always = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER };
        const of = (duties: typeof assigned) => duties.map((duty) => ({ ...duty, ...always }));
        return route(alert, to, { assigned: of(assigned), onCall: of(onCall) }, ...rest);
      },
    }),
  },
  'tells who has declined': {
    breaks: ANYBODY,
    router: but({ route: (alert, ...rest) => route({ ...alert, declined: [] }, ...rest) }),
  },
  'takes who is on call for assigned': {
    breaks: NEAREST,
    router: but({
      route: (alert, to, { assigned, onCall }, ...rest) =>
        route(alert, to, { assigned: [...assigned, ...onCall], onCall: [] }, ...rest),
    }),
  },
  'tells the whole ward': {
    breaks: NEAREST,
    router: but({
      route(alert, to, { assigned, onCall }, ...rest) {
        const of = (duties: typeof assigned) =>
          duties.map((duty) => ({ ...duty, bed: duty.bed === alert.bed ? null : duty.bed }));
        return route(alert, to, { assigned: of(assigned), onCall: of(onCall) }, ...rest);
      },
    }),
  },
  'says of no role that nobody is there': {
    breaks: NOBODY,
    router: but({ route: (...given) => ({ ...route(...given), unassigned: [] }) }),
  },
  'makes alerts about alerts for ever': {
    breaks: NOBODY,
    router: but({
      unassignedEvent: (alert, ...rest) => unassignedEvent({ ...alert, rule: 'threshold' }, ...rest),
    }),
  },
  'lets one patient explain another': {
    breaks: EXACTLY,
    router: but({
      inhibitionChanges: (alerts, atMs) =>
        inhibitionChanges(
          alerts.map((one) => ({ ...one, patientId: 'p-1' })),
          atMs,
        ),
    }),
  },
  'lets one device explain another': {
    breaks: EXACTLY,
    router: but({
      inhibitionChanges: (alerts, atMs) =>
        inhibitionChanges(
          alerts.map((one) => ({ ...one, condition: one.condition.split('@')[0] ?? '' })),
          atMs,
        ),
    }),
  },
  'explains by what is closed': {
    breaks: EXACTLY,
    router: but({
      inhibitionChanges: (alerts, atMs) =>
        inhibitionChanges(
          alerts.map((one) => (one.phase === 'closed' ? { ...one, phase: 'active' } : one)),
          atMs,
        ),
    }),
  },
  'lifts nothing': {
    breaks: LIFTED,
    router: but({
      inhibitionChanges: (...given) =>
        new Map([...inhibitionChanges(...given)].filter(([, { input }]) => input !== 'lift')),
    }),
  },
  'tells all one by one': {
    breaks: 'within a window no more than a few are told of one by one',
    router: but({
      tellNew: (before, alert, nowMs) => ({ ...tellNew(before, alert, nowMs), telling: { told: 'single' } }),
    }),
  },
  'counts what comes again': {
    breaks: ONCE,
    router: but({
      tellNew: (before, alert, nowMs) =>
        tellNew(before, { ...alert, alertId: `${alert.alertId} ${before.recent.length}` }, nowMs),
    }),
  },
  'counts each group from its window': {
    breaks: ONCE,
    router: but({
      tellNew(before, alert, nowMs) {
        const { grouping, telling } = tellNew(before, alert, nowMs, DEFAULT_GROUPING);
        if (telling.told !== 'group') return { grouping, telling };
        const group = { ...telling.group, count: grouping.recent.length };
        return { grouping, telling: { ...telling, group } };
      },
    }),
  },
  'shows a group and lets nobody hear that it is worse': {
    breaks: HEARD,
    router: but({
      tellNew(before, alert, nowMs) {
        const { grouping, telling } = tellNew(before, alert, nowMs);
        const isLouder = before.groups?.[alert.asks] === undefined;
        return { grouping, telling: telling.told === 'group' ? { ...telling, isLouder } : telling };
      },
    }),
  },
  'counts a second alert of high priority, and lets nobody hear it': {
    breaks: HEARD,
    router: but({
      tellNew(before, alert, nowMs) {
        const { grouping, telling } = tellNew(before, alert, nowMs);
        if (telling.told !== 'group') return { grouping, telling };
        const isLouder = telling.isLouder && before.groups?.[alert.asks]?.priority !== 'high';
        return { grouping, telling: { ...telling, isLouder } };
      },
    }),
  },
  'takes what one role has heard for heard by all': {
    breaks: HEARD,
    router: but({ tellNew: (before, alert, nowMs) => tellNew(before, { ...alert, asks: 'nurse' }, nowMs) }),
  },
};
