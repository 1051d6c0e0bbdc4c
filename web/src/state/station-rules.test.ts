import { expect, test } from 'vitest';
import { COMMANDS } from '../../../shared/alert-desk/roles.ts';
import { DEFAULT_THRESHOLDS } from '../../../shared/vitals/thresholds.ts';
import { testToken } from '../../testing/test-token.ts';
import { alertOf } from '../../testing/test-ward.ts';
import { readToken, tokenInHash } from '../session/token.ts';
import { byUrgency, foremost, ringsNow, statusNow } from './alert-list.ts';
import { alertText } from './alert-words.ts';
import { BURSTS, muteOf, toBeHeard } from './burst.ts';
import { offered, spoken } from './commands.ts';
import { columnsFor } from './grid.ts';
import { linkFaults, NO_LINK, takeLink } from './link-state.ts';
import { hashOf, routeOf } from './routes.ts';
import { draftOf, limitsOf, withField } from './threshold-draft.ts';
import { ageText, countdown } from './words.ts';

const WARD = 'icu-1';
const NOW = Date.now();
const at = (ms: number) => new Date(NOW + ms).toISOString();

test.each([
  ['threshold', 'threshold/HR/low', { value: 34, limit: 50, severe: 40 }, 'HR 34 far below 40'],
  ['threshold', 'threshold/SpO2/low@m-2', { value: 86, limit: 90 }, 'SpO2 86 below 90'],
  ['trend', 'trend/HR/rising', { change: 32, overS: 300 }, 'HR rising +32 in 5 min'],
  ['trend', 'trend/SpO2/falling', { change: -7.5, overS: 300 }, 'SpO2 falling −7.5 in 5 min'],
  ['news2', 'news2/score', { score: 7 }, 'NEWS2 score 7'],
  ['arrhythmia', 'arrhythmia/VT', { rhythm: 'VT' }, 'Ventricular tachycardia'],
  ['no-data', 'no-data/device', { reason: 'silent' }, 'Monitor silent'],
  ['no-data', 'no-data/HR', { limitS: 10 }, 'No HR data'],
  ['bad-data', 'bad-data/ECG', {}, 'ECG signal cannot be used'],
  ['device', 'device/leads-off', { status: 'leads-off' }, 'ECG leads off'],
  ['toString', 'what nobody knows', {}, 'what nobody knows'],
])('%s, %s', (rule, condition, detail, said) => {
  expect(alertText({ rule, condition, detail })).toBe(said);
});

test('what has to be done stands first', () => {
  const alerts = [
    alertOf(WARD, 0, { priority: 'low' }),
    alertOf(WARD, 1, { phase: 'resolved' }),
    alertOf(WARD, 2, { openedAt: at(-1_000) }),
    alertOf(WARD, 3, { owner: { id: 'n', role: 'nurse' }, openedAt: at(-9_000) }),
    alertOf(WARD, 4, { priority: 'medium' }),
    alertOf(WARD, 5, { openedAt: at(-5_000) }),
    alertOf(WARD, 6, { inhibitedBy: alertOf(WARD, 0).alertId }),
  ];
  expect(alerts.toSorted(byUrgency).map(({ bed }) => bed)).toEqual(
    ['b06', 'b03', 'b04', 'b05', 'b01', 'b02', 'b07'].map((bed) => bed),
  );
  expect(foremost([...alerts, alertOf(WARD, 4)]).get('b05')?.priority).toBe('high');
  expect(foremost(alerts).has('b07')).toBe(true);
});

test('an acknowledgement ends in time, without another snapshot', () => {
  const alert = alertOf(WARD, 0, { acknowledgedUntil: at(1_000), status: 'acknowledged', rings: false });
  expect([ringsNow(alert, NOW), statusNow(alert, NOW)]).toEqual([false, 'acknowledged']);
  expect([ringsNow(alert, NOW + 1_001), statusNow(alert, NOW + 1_001)]).toEqual([true, 'active']);
});

test('what is new is heard through a mute, which ends by itself', () => {
  const [old, fresh] = [
    { alertId: 'a', priority: 'medium' },
    { alertId: 'b', priority: 'low' },
  ] as const;
  const mute = muteOf([old], NOW);
  expect(toBeHeard([old], undefined, NOW)).toBe('medium');
  expect(toBeHeard([old], mute, NOW)).toBeUndefined();
  expect(toBeHeard([old, fresh], mute, NOW)).toBe('low');
  expect(toBeHeard([{ ...old, priority: 'high' }], mute, NOW)).toBe('high');
  expect(toBeHeard([old], mute, NOW + 120_000)).toBe('medium');
});

test('bursts have the standard’s pulses, none of which runs into the next', () => {
  expect([BURSTS.high, BURSTS.medium, BURSTS.low].map(({ pulses }) => pulses.length)).toEqual([10, 3, 2]);
  for (const { pulses, everyS } of Object.values(BURSTS)) {
    for (const [index, { atS, lastsS }] of pulses.entries()) {
      expect(atS + lastsS).toBeLessThan(pulses[index + 1]?.atS ?? everyS);
    }
  }
});

test('a role is offered what it may say, of an alert as it is', () => {
  const alert = alertOf(WARD, 0);
  expect(offered('charge-nurse', alert).toSorted()).toEqual([...COMMANDS].toSorted());
  expect(offered('nurse', alert)).not.toContain('close');
  expect(offered('technician', alert)).toEqual([]);
  expect(offered('technician', { ...alert, category: 'technical' })).toContain('reroute');
  expect(offered('admin', alert)).toEqual([]);
  expect(offered('nurse', { ...alert, phase: 'resolved' })).toEqual(['acknowledge']);
});

test('what a refusal means is said in the words of a ward; what nobody answered may be sent again', () => {
  expect(spoken({ outcome: 'refused', status: 412, code: 'version_conflict', detail: '' }).text).toContain(
    'Look again',
  );
  expect(spoken({ outcome: 'refused', status: 409, code: 'new_to_us', detail: 'In its own words.' }).text).toBe(
    'In its own words.',
  );
  expect(spoken({ outcome: 'away' }).is).toBe('again');
});

test('links: silence is noticed after three heartbeats, a first connection has its time', () => {
  const opened = takeLink(NO_LINK, { type: 'broker', is: 'open', atMs: NOW });
  expect(linkFaults(opened, NOW + 14_000)).toEqual([]);
  expect(linkFaults(opened, NOW + 16_000).map(({ fault }) => fault)).toEqual(['heartbeat']);
  const beaten = takeLink(opened, { type: 'heartbeat', atMs: NOW + 15_000 });
  expect(linkFaults(beaten, NOW + 16_000)).toEqual([]);
  // A retained one of long ago is no sign of life.
  expect(linkFaults(takeLink(beaten, { type: 'heartbeat', atMs: 1 }), NOW + 16_000)).toEqual([]);
  const lost = takeLink(beaten, { type: 'broker', is: 'closed', atMs: NOW + 20_000, refusal: 'no' });
  expect(linkFaults(takeLink(lost, { type: 'broker', is: 'closed', atMs: NOW + 30_000 }), NOW + 30_000)).toEqual([
    { fault: 'broker', sinceMs: NOW + 20_000, refusal: 'no' },
  ]);
});

test('routes are the same there and back, whatever a ward is called', () => {
  for (const ward of ['icu-1', 'a/b', '%', 'toString']) {
    expect(routeOf(hashOf({ view: 'statistics', ward }))).toEqual({ view: 'statistics', ward });
    expect(routeOf(hashOf({ view: 'alert', ward, alertId: 'x' }))).toEqual({ view: 'alert', ward, alertId: 'x' });
    expect(routeOf(hashOf({ view: 'bed', ward, bed: 'b/1' }))).toEqual({ view: 'bed', ward, bed: 'b/1' });
  }
  expect(routeOf('#/icu-1/%E0%A4%A')).toEqual({ view: 'wall', ward: 'icu-1' });
  expect(routeOf('')).toEqual({ view: 'wards' });
});

test('tokens: whose, as what, until when; a device’s is no person’s', () => {
  expect(readToken(testToken('nina', { name: 'Nína' }), NOW)).toMatchObject({
    id: 'nina',
    name: 'Nína',
    role: 'nurse',
  });
  expect(readToken(testToken('m-1', { role: 'device' }), NOW)).toBe('not_for_people');
  expect(readToken(testToken('nina', { expiresInS: -1 }), NOW)).toBe('expired');
  for (const text of ['', 'a.b.c', 'a.!.c', 'a.bnVsbA.c']) expect(readToken(text, NOW)).toBe('unreadable');
  expect(tokenInHash('#token=a.b.c&x')).toBe('a.b.c');
  expect(tokenInHash('#/icu-1')).toBeUndefined();
});

test('limits as they are typed: a comma is a point, what is no number is refused by its name', () => {
  const draft = draftOf(DEFAULT_THRESHOLDS.limits);
  expect(limitsOf(draft)).toEqual({ limits: DEFAULT_THRESHOLDS.limits });
  expect(limitsOf(withField(draft, '8310-5', 0, 'high', '38,7'))).toMatchObject({
    limits: { '8310-5': [{ high: 38.7 }] },
  });
  expect(limitsOf(withField(draft, '8867-4', 0, 'low', 'x'))).toMatchObject({ faults: [{ code: '8867-4' }] });
  const above = limitsOf(withField(draft, '8867-4', 0, 'low', '130'));
  expect('faults' in above && above.faults[0]?.text).toBe('HR: low 130 is not below high 120');
});

test('times are short', () => {
  expect([0, 59_999, 60_000, 3_900_000, 200_000_000].map(ageText)).toEqual(['0 s', '59 s', '1 min', '1 h 05', '2 d']);
  expect([125_000, 1, 0, -5].map((ms) => countdown(NOW + ms, NOW))).toEqual(['2:05', '0:01', '0:00', '0:00']);
});

test('forty tiles fill a wall’s screen, one column a phone’s', () => {
  expect(columnsFor(40, 1_560, 1_030)).toBe(8);
  expect(columnsFor(24, 1_560, 1_030)).toBeLessThan(8);
  expect(columnsFor(40, 390, 800)).toBeLessThanOrEqual(2);
  expect(columnsFor(0, 1_560, 1_030)).toBe(1);
});
