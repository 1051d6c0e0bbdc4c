// Situations for the laws of who is told: a ward's alerts that begin and end, a roster with gaps, bursts of news.
import fc from 'fast-check';
import type { Severity } from '../alerts/alert-kinds.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import { handle } from './alert-lifecycle.ts';
import type { AlertState } from './alert-state.ts';
import { DEFAULT_RULES } from './desk-rules.ts';
import { tellNew } from './grouping.ts';
import { inhibitionChanges } from './inhibition.ts';
import { eventOf } from './lifecycle-model.ts';
import { ROLES, type Role } from './roles.ts';
import { type Roster, route, unassignedEvent } from './routing.ts';

/** What is to keep the laws. */
export interface Router {
  readonly route: typeof route;
  readonly unassignedEvent: typeof unassignedEvent;
  readonly inhibitionChanges: typeof inhibitionChanges;
  readonly tellNew: typeof tellNew;
}
export const realRouter: Router = { route, unassignedEvent, inhibitionChanges, tellNew };

const PRIORITIES = ['low', 'medium', 'high'] as const;
const LEADS_OFF = 'device/leads-off';
const CONDITIONS = [
  LEADS_OFF,
  LEADS_OFF,
  'no-data/ECG',
  'no-data/HR',
  'no-data/RR',
  'bad-data/ECG',
  'no-data/SpO2',
  'no-data/device',
  'bad-data/SpO2',
  'threshold/HR/high',
  'arrhythmia/VT',
] as const;
export const NOW_MS = 1_000_000;
const BURST_STEPS_MS = [0, 0, 1_000, 4_000, 9_999, 15_000, 31_000, -5_000] as const;

const duties = fc.array(
  fc.record({
    personId: fc.constantFrom('anna', 'bea', 'carl', 'dora', 'emil'),
    role: fc.constantFrom(...ROLES),
    ward: fc.constantFrom('icu-1', 'icu-1', 'icu-2', null),
    bed: fc.constantFrom('bed-01', null, null),
    fromMs: fc.constantFrom(0, NOW_MS, NOW_MS + 1),
    untilMs: fc.constantFrom(NOW_MS, NOW_MS + 1, 2 * NOW_MS),
  }),
  { maxLength: 6 },
);

const changes = fc.array(
  fc.record({
    patient: fc.constantFrom('p-1', 'p-1', 'p-2'),
    condition: fc.constantFrom(...CONDITIONS),
    device: fc.constantFrom('', '', '', '@mon-2'),
    priority: fc.constantFrom<Severity>('low', 'low', 'low', 'medium', 'high'),
    what: fc.constantFrom('tell', 'tell', 'tell', 'end', 'close'),
  }),
  { maxLength: 16 },
);

export const scenarios = fc.record({
  roster: fc.record({ assigned: duties, onCall: duties }) satisfies fc.Arbitrary<Roster>,
  to: fc.record({ role: fc.constantFrom(...ROLES), id: fc.constantFrom('anna', null, null) }),
  declined: fc.subarray(['anna', 'bea']),
  category: fc.constantFrom('physiological', 'technical'),
  changes,
  burst: fc.array(
    fc.record({
      stepMs: fc.constantFrom(...BURST_STEPS_MS),
      priority: fc.constantFrom(...PRIORITIES),
      isKnown: fc.constantFrom(false, false, false, true),
      asks: fc.constantFrom<Role>('nurse', 'nurse', 'technician'),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});
export type Scenario = typeof scenarios extends fc.Arbitrary<infer Made> ? Made : never;

/** An alert as it is after its first event. */
export function begun(change: Partial<AlertEvent>, atMs: number): AlertState {
  const { state } = handle(undefined, { input: 'event', event: eventOf(change), atMs }, DEFAULT_RULES);
  if (state === undefined) throw new Error('an event that is new makes an alert');
  return state;
}

const CHIEF = { id: 'chief', role: 'charge-nurse' };

/** All alerts after each change, inhibited as the router says; before: what they were. */
export function* desks({ changes: made }: Scenario, router: Router) {
  let alerts = new Map<string, AlertState>();
  for (const [index, { patient, condition, device, priority, what }] of made.entries()) {
    const atMs = NOW_MS + index;
    const alertId = `${patient} ${condition}${device}`;
    const known = alerts.get(alertId);
    const type = what === 'end' ? 'end' : known === undefined ? 'start' : 'update';
    const identity = {
      alertId,
      patientId: patient,
      condition: `${condition}${device}`,
      category: 'technical',
    } as const;
    const event = eventOf({ ...identity, type, priority, sequence: (known?.sequence ?? 0) + 1 });
    const said = {
      key: `${index}`,
      who: CHIEF,
      why: 'the patient has left',
      atMs,
      expectedVersion: known?.version ?? 0,
    };
    const changed = handle(
      known,
      what === 'close' ? { input: 'command', command: { ...said, type: 'close' } } : { input: 'event', event, atMs },
      DEFAULT_RULES,
    ).state;
    const before = alerts;
    alerts = new Map(alerts);
    if (changed !== undefined) alerts.set(alertId, changed);
    const told = [];
    for (const [id, input] of router.inhibitionChanges([...alerts.values()], atMs)) {
      const outcome = handle(alerts.get(id), input, DEFAULT_RULES);
      if (outcome.state !== undefined) alerts.set(id, outcome.state);
      told.push({ id, ...outcome });
    }
    yield { atMs, before, alerts: [...alerts.values()], told };
  }
}
