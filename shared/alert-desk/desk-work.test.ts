import { expect, test } from 'vitest';
import type { AlertEvent } from '../vitals/alert-event.ts';
import type { DeskAlert } from './desk-alert.ts';
import { DEFAULT_RULES } from './desk-rules.ts';
import { type DeskBefore, type DeskWork, deskWork } from './desk-work.ts';
import type { Grouping } from './grouping.ts';
import { eventOf } from './lifecycle-model.ts';
import type { Role } from './roles.ts';
import { EVERY_WARD, type RosterBook } from './roster.ts';

const S_MS = 1_000;
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const [from, until] = ['1970-01-01T00:00:00.000Z', '2100-01-01T00:00:00.000Z'];
const duty = (personId: string, role: Role, bed: string | null = null) => ({ personId, role, bed, from, until });
const STAFFED: RosterBook = new Map([
  ['icu-1', { assigned: [duty('anna', 'nurse'), duty('carl', 'charge-nurse')], onCall: [] }],
  ['icu-2', { assigned: [duty('emil', 'nurse')], onCall: [] }],
  [EVERY_WARD, { assigned: [], onCall: [duty('tom', 'technician'), duty('dora', 'doctor')] }],
]);

/** A desk that forgets nothing between its transactions. */
function desk(rosters: RosterBook = STAFFED) {
  const alerts = new Map<string, DeskAlert>();
  let groupings: DeskBefore['groupings'] = new Map<string, Grouping>();
  return (atS: number, run: (work: DeskWork) => void) => {
    const before = { alerts: [...alerts.values()], groupings, rosters };
    const work = deskWork(before, { rules: DEFAULT_RULES, nowMs: atS * S_MS });
    run(work);
    const changes = work.changes();
    for (const alert of changes.alerts) alerts.set(alert.state.alertId, alert);
    groupings = new Map([...groupings, ...changes.groupings]);
    const told = changes.notifications.map(({ alertId, kind, role, people, via, told: how, groupCount }) =>
      [alertId, kind, role ?? via, people.join('+'), ...(how === 'group' ? [`group of ${groupCount}`] : [])].join(' '),
    );
    return { ...changes, told, alert: (id: string) => alerts.get(id) };
  };
}

const tells =
  (...changes: Partial<AlertEvent>[]) =>
  (work: DeskWork) => {
    for (const change of changes) work.takeEvent(eventOf(change), TRACE);
  };
const says =
  (alertId: string, id: string, role: Role, type: 'acknowledge' | 'accept' | 'reject' | 'close') =>
  (work: DeskWork) => {
    const expectedVersion = work.find(alertId)?.state.version ?? 0;
    const command = { type, key: `${id} ${type}`, who: { id, role }, why: 'seen', atMs: 0, expectedVersion };
    expect(work.obey(alertId, command).answer?.ok).toBe(true);
  };
const LEADS_OFF = {
  alertId: 'leads-off',
  condition: 'device/leads-off',
  category: 'technical',
  priority: 'low',
} as const;
const NO_ECG = { alertId: 'no-ecg', condition: 'no-data/ECG', category: 'technical', priority: 'low' } as const;

test('who is assigned is asked, and whoever was asked hears that it is over', () => {
  const at = desk();
  expect(at(0, tells({ priority: 'high' })).told).toEqual(['alert-1 ask nurse anna']);
  expect(at(60, (work) => work.tick({ alertId: 'alert-1', dueAtMs: 60 * S_MS })).told).toEqual([
    'alert-1 ask charge-nurse carl',
  ]);
  expect(at(61, says('alert-1', 'carl', 'charge-nurse', 'accept')).told).toEqual(['alert-1 retract all-but anna']);
  expect(at(62, tells({ type: 'end', sequence: 2, priority: 'high' })).told).toEqual(['alert-1 retract everyone carl']);
});

test('what comes again, or late, tells nobody and changes nothing', () => {
  const at = desk();
  at(0, tells({ sequence: 2 }));
  const { alerts, history, notifications, timers, wards } = at(1, tells({ sequence: 1 }, { sequence: 2 }));
  expect([alerts, history, notifications, timers, wards]).toEqual([[], [], [], [], []]);
});

test('nobody is told of what another alert explains; when that is over, they are', () => {
  const at = desk();
  expect(at(0, tells(LEADS_OFF, NO_ECG)).told).toEqual(['leads-off ask technician tom']);
  const over = at(1, tells({ ...LEADS_OFF, type: 'end', sequence: 2 }));
  expect(over.told).toEqual(['leads-off retract everyone tom', 'no-ecg re-alarm technician tom']);
  expect(over.history.map(({ alertId, trigger }) => `${alertId} ${trigger}`)).toEqual(['leads-off end', 'no-ecg lift']);
});

test('what was told before it is explained is taken back', () => {
  const at = desk();
  expect(at(0, tells(NO_ECG)).told).toEqual(['no-ecg ask technician tom']);
  expect(at(1, tells(LEADS_OFF)).told).toEqual(['leads-off ask technician tom', 'no-ecg retract everyone tom']);
});

test('after three at once there is one notification that counts', () => {
  const burst = Array.from({ length: 5 }, (_, index) => ({
    alertId: `alert-${index}`,
    condition: `threshold/${index}`,
  }));
  expect(desk()(0, tells(...burst)).told).toEqual([
    'alert-0 ask nurse anna',
    'alert-1 ask nurse anna',
    'alert-2 ask nurse anna',
    'alert-3 ask nurse anna group of 1',
    'alert-4 ask nurse anna group of 2',
  ]);
});

test('a condition that begins again takes the place of what is left of it, unless that is worse and unseen', () => {
  const at = desk();
  const again = { alertId: 'alert-2', onset: '2026-01-01T00:01:00.000Z' };
  at(0, tells({ priority: 'high' }, { type: 'end', sequence: 2, priority: 'high' }));
  expect(at(60, tells({ ...again, priority: 'low' })).alert('alert-1')?.state.phase).toBe('resolved');
  const worse = at(61, tells({ ...again, type: 'escalate', sequence: 2, priority: 'high' }));
  expect(worse.alert('alert-1')?.state.phase).toBe('closed');
  expect(worse.history.map(({ alertId, trigger, why }) => [alertId, trigger, why])).toEqual([
    ['alert-2', 'worse', 'escalate event-2'],
    ['alert-1', 'supersede', 'begun again as alert-2'],
  ]);
});

test('that nobody is there is an alert, for who is, until somebody answers', () => {
  const nobody: RosterBook = new Map([['icu-1', { assigned: [duty('carl', 'charge-nurse')], onCall: [] }]]);
  const at = desk(nobody);
  const begun = at(0, tells({ priority: 'high' }));
  const [, own] = begun.alerts;
  expect(own?.state).toMatchObject({ rule: 'unassigned', condition: 'unassigned/nurse', priority: 'high' });
  expect(begun.notifications.map(({ role, people, via }) => [role, people, via])).toEqual([
    ['nurse', ['carl'], 'assignment'],
    ['charge-nurse', ['carl'], 'assignment'],
  ]);
  // The same role is nobody's again: one alert of it is enough.
  expect(at(60, (work) => work.tick({ alertId: 'alert-1', dueAtMs: 60 * S_MS })).alerts).toHaveLength(1);
  const seen = at(61, says('alert-1', 'carl', 'charge-nurse', 'acknowledge'));
  expect(seen.alert(own?.state.alertId ?? '')?.state.phase).toBe('resolved');
});

test('an alert of nobody being there that was closed by hand stays closed', () => {
  const at = desk(new Map());
  const [, own] = at(0, tells({ priority: 'high' })).alerts;
  const id = own?.state.alertId ?? '';
  at(1, says(id, 'carl', 'charge-nurse', 'close'));
  at(2, says('alert-1', 'anna', 'nurse', 'acknowledge'));
  expect(at(3, () => undefined).alert(id)?.state.phase).toBe('closed');
});

test('a patient who is moved is asked of the new ward, and both wards have to hear of it', () => {
  const at = desk();
  at(0, tells({}));
  const moved = at(1, tells({ type: 'update', sequence: 2, ward: 'icu-2' }));
  expect([moved.told, moved.wards.toSorted()]).toEqual([['alert-1 ask nurse emil'], ['icu-1', 'icu-2']]);
});

test('a timer is set when what is due next changes, and again when it came before its time', () => {
  const at = desk();
  const due = { alertId: 'alert-1', dueAtMs: 180 * S_MS };
  expect(at(0, tells({})).timers).toEqual([due]);
  expect(at(1, tells({ type: 'update', sequence: 2 })).timers).toEqual([]);
  expect(at(179, (work) => work.tick(due)).timers).toEqual([due]);
  expect(at(180, (work) => work.tick(due)).timers).toEqual([{ ...due, dueAtMs: 360 * S_MS }]);
  // That one is not the alert's any more.
  expect(at(181, (work) => work.tick(due)).timers).toEqual([]);
});

test('the same transition tells the same under the same id', () => {
  const ids = () => desk()(0, tells({})).notifications.map(({ notificationId }) => notificationId);
  expect(ids()).toEqual(ids());
  const at = desk();
  const [first, again] = [at(0, tells({})), at(180, (work) => work.tick({ alertId: 'alert-1', dueAtMs: 0 }))];
  expect(again.notifications[0]?.notificationId).not.toBe(first.notifications[0]?.notificationId);
});

test('what is said of the desk itself leaves the list when it is over, however urgent: there is nothing to look for', () => {
  const at = desk(new Map());
  at(0, tells({ priority: 'high' }));
  const { alerts } = at(1, says('alert-1', 'anna', 'nurse', 'acknowledge'));
  const about = alerts.filter(({ state }) => state.rule === 'unassigned').map(({ state }) => state);
  expect(about.map(({ phase, isLatched }) => [phase, isLatched])).toEqual(Array(3).fill(['resolved', false]));
  const ids = about.map(({ alertId }) => alertId);
  const later = at(125, (work) => {
    for (const alertId of ids) work.tick({ alertId, dueAtMs: 121 * S_MS });
  });
  expect(later.alerts.map(({ state }) => state.phase)).toEqual(Array(3).fill('closed'));
});

const ofNobody = ({ alerts }: { alerts: readonly DeskAlert[] }) =>
  alerts.flatMap(({ state }) => (state.rule === 'unassigned' ? [[state.condition, state.phase, state.priority]] : []));
const NO_NURSE: RosterBook = new Map([['icu-1', { assigned: [duty('carl', 'charge-nurse')], onCall: [] }]]);

test('nobody is there again when an acknowledgement is over: that is said again', () => {
  const at = desk(NO_NURSE);
  at(0, tells({ priority: 'high' }));
  expect(ofNobody(at(1, says('alert-1', 'carl', 'charge-nurse', 'acknowledge')))).toEqual([
    ['unassigned/nurse', 'resolved', 'high'],
  ]);
  const again = at(301, (work) => work.tick({ alertId: 'alert-1', dueAtMs: 301 * S_MS }));
  expect(ofNobody(again)).toEqual([['unassigned/nurse', 'active', 'high']]);
});

test('of what becomes worse it is said as urgently; of what is explained, no more', () => {
  const at = desk(NO_NURSE);
  at(0, tells({ priority: 'low' }));
  expect(ofNobody(at(1, tells({ type: 'escalate', sequence: 2, priority: 'high' })))).toEqual([
    ['unassigned/nurse', 'resolved', 'low'],
    ['unassigned/nurse', 'active', 'high'],
  ]);
  at(2, tells(NO_ECG));
  const explained = at(3, tells(LEADS_OFF));
  const ofEcg = explained.alerts.filter(({ facts }) => facts.detail['alertId'] === 'no-ecg');
  expect(ofEcg.map(({ state }) => state.phase)).toEqual(Array(ofEcg.length).fill('resolved'));
  expect(ofEcg.length).toBeGreaterThan(0);
});
