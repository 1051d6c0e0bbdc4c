// Histories for the laws of alert handling: one alert, told of in any order, and what staff and time do to it.
import fc from 'fast-check';
import type { AlertEvent, AlertEventType } from '../vitals/alert-event.ts';
import { handle } from './alert-lifecycle.ts';
import { type AlertState, rings } from './alert-state.ts';
import type { DeskInput, Outcome, StaffCommand } from './desk-input.ts';
import { DEFAULT_RULES } from './desk-rules.ts';
import { COMMANDS, type CommandName, ROLES } from './roles.ts';

/** What is to keep the laws. */
export interface Desk {
  readonly handle: typeof handle;
  readonly rings: typeof rings;
}
export const realDesk: Desk = { handle, rings };

const START_MS = Date.UTC(2026, 0, 1);
const STEPS_MS = [0, 1, 1_000, 30_000, 60_000, 119_999, 120_000, 180_000, 300_000, 900_000, 3_600_000] as const;
const MOST_STEPS = 40;
const PRIORITIES = ['low', 'medium', 'high'] as const;
const STAFF = [...ROLES, 'device'] as const;

export const eventOf = (change: Partial<AlertEvent>): AlertEvent => ({
  eventId: `event-${change.sequence}`,
  alertId: 'alert-1',
  type: 'start',
  sequence: 1,
  patientId: 'p-1',
  ward: 'icu-1',
  bed: 'bed-01',
  deviceId: 'mon-1',
  rule: 'threshold',
  condition: 'threshold/HR/high',
  category: 'physiological',
  kind: null,
  priority: 'medium',
  onset: '2026-01-01T00:00:00.000Z',
  at: '2026-01-01T00:00:00.000Z',
  detail: {},
  ...change,
});

/** What the alerter tells of one alert: a start, changes of priority or ward, an end. */
const tellings = fc
  .record({
    category: fc.constantFrom('physiological', 'technical'),
    changes: fc.array(
      fc.record({ priority: fc.constantFrom(...PRIORITIES), ward: fc.constantFrom('icu-1', 'icu-1', 'icu-2') }),
      { minLength: 1, maxLength: 6 },
    ),
    ends: fc.boolean(),
  })
  .map(({ category, changes, ends }) => {
    const last = changes.at(-1);
    const told = ends && last !== undefined ? [...changes, last] : changes;
    return told.map((change, index): AlertEvent => {
      const rise = PRIORITIES.indexOf(change.priority) - PRIORITIES.indexOf(changes[index - 1]?.priority ?? 'low');
      const later: AlertEventType = index === changes.length ? 'end' : rise > 0 ? 'escalate' : 'update';
      return eventOf({ ...change, category, type: index === 0 ? 'start' : later, sequence: index + 1 });
    });
  });

const commands = fc.record({
  type: fc.constantFrom<CommandName>(...COMMANDS, 'acknowledge', 'accept', 'silence'),
  role: fc.constantFrom(...STAFF, 'nurse', 'charge-nurse'),
  person: fc.constantFrom(1, 2),
  behind: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, -1),
  to: fc.constantFrom(...ROLES),
});

const steps = fc.array(
  fc.record({
    stepMs: fc.constantFrom(...STEPS_MS),
    what: fc.oneof(
      // The next that is told, an earlier one again, or a later one first.
      { weight: 3, arbitrary: fc.record({ ahead: fc.constantFrom(0, 0, 0, 0, 1, -1, -2) }) },
      { weight: 5, arbitrary: fc.record({ command: commands }) },
      { weight: 1, arbitrary: fc.record({ again: fc.nat() }) },
      { weight: 4, arbitrary: fc.constant('tick' as const) },
      { weight: 1, arbitrary: fc.constantFrom('inhibit' as const, 'lift' as const) },
    ),
  }),
  { minLength: 3, maxLength: MOST_STEPS },
);

/** Mostly the alert is heard of first: what is said of none is refused, and no more. */
const begun = steps.map((rest) => [{ stepMs: 0, what: { ahead: 0 } } as const, ...rest]);
export const scenarios = fc.record({
  tellings,
  steps: fc.oneof({ weight: 1, arbitrary: steps }, { weight: 9, arbitrary: begun }),
});
export type Scenario = typeof scenarios extends fc.Arbitrary<infer Made> ? Made : never;

export interface Moment extends Outcome {
  readonly input: DeskInput;
  readonly atMs: number;
  readonly before: AlertState | undefined;
}

export const commandOf = (
  made: Pick<StaffCommand, 'type' | 'key' | 'who' | 'expectedVersion' | 'atMs'>,
  to: (typeof ROLES)[number],
): StaffCommand => {
  const { type, ...said } = made;
  const why = 'seen at the bed';
  return type === 'reroute' ? { ...said, type, why, to: { role: to, id: null } } : { ...said, type, why };
};

/** The scenario as this desk lives through it: commands quote the version that it shows. */
export function* moments(scenario: Scenario, desk: Desk): Generator<Moment> {
  let before: AlertState | undefined;
  let atMs = START_MS;
  let place = 0;
  const said: StaffCommand[] = [];
  for (const [index, { stepMs, what }] of scenario.steps.entries()) {
    atMs += stepMs;
    const input = ((): DeskInput | undefined => {
      if (what === 'tick') return { input: 'tick', atMs };
      if (what === 'lift') return { input: 'lift', atMs };
      if (what === 'inhibit') return { input: 'inhibit', by: 'alert-2', atMs };
      if ('ahead' in what) {
        const event = scenario.tellings[place + what.ahead];
        if (what.ahead >= 0) place += what.ahead + 1;
        return event && { input: 'event', event, atMs };
      }
      if ('again' in what) {
        const command = said[what.again % Math.max(1, said.length)];
        return command && { input: 'command', command: { ...command, atMs } };
      }
      const { role, person, behind, to, type } = what.command;
      const expectedVersion = (before?.version ?? 0) - behind;
      const who = { id: `${role}-${person}`, role };
      const command = commandOf({ type, key: `command-${index}`, who, expectedVersion, atMs }, to);
      said.push(command);
      return { input: 'command', command };
    })();
    if (input === undefined) continue;
    const outcome = desk.handle(before, input, DEFAULT_RULES);
    yield { ...outcome, input, atMs, before };
    before = outcome.state;
  }
}
