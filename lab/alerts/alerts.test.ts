import { describe, expect, test } from 'vitest';
import type { AlertEvent } from '../../shared/vitals/alert-event.ts';
import { alertsTable } from './alerts-table.ts';
import { expectationsOf } from './expectations.ts';
import { type Facts, type Fates, fatesOf, phaseFigures } from './figures.ts';
import type { AlertsOutcome } from './run-alerts.ts';
import { timelineOf } from './timeline.ts';

const ZERO_MS = Date.UTC(2026, 0, 1);
const COLUMNS = 80;
const timeline = timelineOf(10);
const idOf = (name: string) => `00000000-0000-4000-8000-${name.padStart(12, '0')}`;

function wanted(
  name: string,
  atS: number,
  rule = 'threshold',
): Facts['wanted'] extends ReadonlyMap<string, infer W> ? [string, W] : never {
  const atMs = ZERO_MS + atS * 1_000;
  const event: AlertEvent = {
    eventId: `event-${name}`,
    alertId: idOf(name),
    type: 'start',
    sequence: 1,
    patientId: `p-${name}`,
    ward: 'icu-1',
    bed: 'bed-01',
    deviceId: 'mon-1',
    rule,
    condition: 'threshold/HR/high',
    category: 'physiological',
    kind: null,
    priority: 'high',
    onset: new Date(atMs).toISOString(),
    at: new Date(atMs).toISOString(),
    detail: {},
  };
  return [event.eventId, { event, causedMs: atMs + 10 }];
}

/** A run in which all went well: two alerts, on the wall after 100 and 300 ms, one acknowledged, both paged. */
const GOOD: Facts = {
  wanted: new Map([wanted('1', 16), wanted('2', 17)]),
  seconds: new Map([[ZERO_MS / 1_000 + 16, { readings: 500 }]]),
  seen: new Map([
    [idOf('1'), ZERO_MS + 16_100],
    [idOf('2'), ZERO_MS + 17_300],
  ]),
  evidence: {
    alerts: new Map([
      [idOf('1'), { rule: 'threshold', openedAtMs: ZERO_MS + 16_050 }],
      [idOf('2'), { rule: 'threshold', openedAtMs: ZERO_MS + 16_050 }],
      [idOf('9'), { rule: 'unassigned', openedAtMs: ZERO_MS + 16_050 }],
    ]),
    unaudited: [],
    superseded: new Set(),
    acknowledgements: new Map([[idOf('1'), [2]]]),
    undelivered: [],
    pages: new Map([
      ['page-1', 'confirmed'],
      ['page-2', 'confirmed'],
      ['page-3', 'superseded'],
    ]),
    pending: 0,
  },
  taken: new Map([
    ['page-1', { times: 1, differs: false }],
    ['page-2', { times: 2, differs: false }],
  ]),
  acknowledged: new Map([[idOf('1'), 2]]),
  stale: 0,
  throughMs: ZERO_MS + 60_000,
};

const outcomeOf = (facts: Facts): AlertsOutcome => ({
  phases: timeline.phases.map((phase) => phaseFigures(phase, ZERO_MS, facts)),
  fates: fatesOf(facts),
  burst: { alerts: 500, shownMs: 1_200 },
  load: { applied: true, summary: 'beds  2' },
});
const failing = (facts: Facts) =>
  expectationsOf(outcomeOf(facts))
    .filter(({ holds, says }) => !holds && !says.includes('killed'))
    .map(({ says }) => says);

describe('the verdict', () => {
  test('a good run holds, and its figures are those of the walls', () => {
    expect(failing(GOOD)).toEqual([]);
    expect(outcomeOf(GOOD).phases[0]).toMatchObject({ readings: 50, alerts: 2, p50Ms: 200, maxMs: 300 });
    expect(outcomeOf(GOOD).fates.pagesTwice).toBe(1);
  });

  const { evidence } = GOOD;
  const other = (change: Partial<Facts['evidence']>): Facts => ({ ...GOOD, evidence: { ...evidence, ...change } });
  const less = <Value>(map: ReadonlyMap<string, Value>, key: string) =>
    new Map([...map].filter(([one]) => one !== key));
  const breaches: [string, keyof Fates, Facts][] = [
    ['alerts told and not on the desk', 'missing', other({ alerts: less(evidence.alerts, idOf('2')) })],
    ['alerts on the desk that nothing called for', 'invented', { ...GOOD, wanted: less(GOOD.wanted, 'event-2') }],
    ['alerts that no wall has shown', 'unseen', { ...GOOD, seen: less(GOOD.seen, idOf('2')) }],
    ['alerts with a change that is not audited', 'unaudited', other({ unaudited: [idOf('1')] })],
    ['acknowledgements answered and lost', 'acknowledgementsLost', other({ acknowledgements: new Map() })],
    ['notifications without a delivery', 'undelivered', other({ undelivered: ['n-1'] })],
    ['pages confirmed that the pager never had', 'pagesLost', { ...GOOD, taken: less(GOOD.taken, 'page-1') }],
    ['pages that nothing called for', 'pagesInvented', other({ pages: less(evidence.pages, 'page-1') })],
    [
      'pages more than twice, or another body',
      'pagesRepeated',
      { ...GOOD, taken: new Map([...GOOD.taken, ['page-2', { times: 3, differs: false }]]) },
    ],
    [
      'pages more than twice, or another body',
      'pagesRepeated',
      { ...GOOD, taken: new Map([...GOOD.taken, ['page-1', { times: 2, differs: true }]]) },
    ],
    ['pages still to be sent at the end', 'pending', other({ pending: 1 })],
    ['older walls that came behind newer ones', 'stale', { ...GOOD, stale: 1 }],
  ];
  test.each(breaches)('%s: found', (says, _fate, facts) => {
    expect(failing(facts)).toEqual([says]);
  });

  test('an acknowledgement at another version than was answered is lost', () => {
    expect(failing(other({ acknowledgements: new Map([[idOf('1'), [3]]]) }))).toEqual([
      'acknowledgements answered and lost',
    ]);
  });

  test('an alert that its next episode took the place of need not have been on a wall', () => {
    const seen = less(GOOD.seen, idOf('2'));
    expect(failing({ ...other({ superseded: new Set([idOf('2')]) }), seen })).toEqual([]);
  });

  test('what came at the very end need not be there; a run in which nothing was told has failed', () => {
    const late = { ...GOOD, wanted: new Map([...GOOD.wanted, wanted('3', 61)]) };
    expect(failing(late)).toEqual([]);
    const empty: Facts = {
      ...GOOD,
      wanted: new Map(),
      seen: new Map(),
      taken: new Map(),
      acknowledged: new Map(),
      evidence: { ...evidence, alerts: new Map(), pages: new Map(), acknowledgements: new Map() },
    };
    expect(failing(empty)).toContain('alerts told and not on the desk');
    expect(failing(empty)).toContain('acknowledgements answered and lost');
  });
});

test('the table is of 80 columns', () => {
  const outcome = outcomeOf(GOOD);
  const text = alertsTable(outcome, expectationsOf(outcome), false);
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(COLUMNS);
  expect(text).toContain('a publisher killed');
});
