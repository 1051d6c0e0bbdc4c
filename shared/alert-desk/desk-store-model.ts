// Histories for the store of the alert desk: what the alerter tells and tells again, what staff say, time, and deaths in between.
import fc from 'fast-check';
import type { Severity } from '../alerts/alert-kinds.ts';
import { nameUuid } from '../name-uuid.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { AuditEntry } from './desk-input.ts';
import { DEFAULT_RULES } from './desk-rules.ts';
import { type DeskChanges, type DeskWork, deskWork, type TimerRow } from './desk-work.ts';
import type { Grouping } from './grouping.ts';
import { eventOf } from './lifecycle-model.ts';
import type { NotificationRow } from './notification-row.ts';
import { COMMANDS, type CommandName, ROLES } from './roles.ts';
import type { Duties, RosterBook } from './roster.ts';

const NAMESPACE = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const idOf = (name: string) => nameUuid(NAMESPACE, name);
export const START_MS = Date.UTC(2026, 0, 1);
const STEPS_MS = [0, 1, 1_000, 30_000, 60_000, 120_000, 180_000, 300_000, 900_000] as const;
const MOST_STEPS = 25;

const technical = { category: 'technical', rule: 'device' } as const;
/** Of two patients; of the first, one that explains another. */
const ALERTS: readonly Partial<AlertEvent>[] = [
  { alertId: idOf('a'), patientId: 'p-1', condition: 'device/leads-off', ...technical },
  { alertId: idOf('b'), patientId: 'p-1', condition: 'no-data/ECG', ...technical },
  { alertId: idOf('c'), patientId: 'p-1', condition: 'threshold/HR/high' },
  // The same again, a minute later.
  { alertId: idOf('e'), patientId: 'p-1', condition: 'threshold/HR/high', onset: '2026-01-01T00:01:00.000Z' },
  { alertId: idOf('d'), patientId: 'p-2', condition: 'threshold/HR/high' },
];
const place = fc.nat(ALERTS.length - 1);

const [from, until] = ['2025-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'];
const duty = (personId: string, role: (typeof ROLES)[number]) => ({ personId, role, bed: null, from, until });
/** Some roles have nobody. */
const duties: fc.Arbitrary<Duties> = fc
  .subarray([duty('anna', 'nurse'), duty('carl', 'charge-nurse'), duty('dora', 'doctor'), duty('tom', 'technician')])
  .map((onCall) => ({ assigned: [], onCall }));

/** The statement of a transaction before which its process dies; the last lets it live. */
const dies = fc.constantFrom<(number | null)[]>(null, null, null, 1, 2, 4, 5, 6, 7, 9);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('tell' as const),
      place,
      priority: fc.constantFrom<Severity>('low', 'low', 'medium', 'high'),
      ward: fc.constantFrom('icu-1', 'icu-1', 'icu-2'),
      ends: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 4 }), dies }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), back: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      place,
      type: fc.constantFrom<CommandName>(...COMMANDS),
      role: fc.constantFrom(...ROLES, 'charge-nurse'),
      behind: fc.constantFrom(0, 0, 0, 0, 1),
      again: fc.boolean(),
      dies,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(...STEPS_MS), dies }) },
);
export type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

export const histories = fc.record({
  rosters: fc.record({ 'icu-1': duties, '*': duties }),
  steps: fc.array(step, { minLength: 4, maxLength: MOST_STEPS, size: 'max' }),
});
export type History = typeof histories extends fc.Arbitrary<infer Made> ? Made : never;

export const alertIdAt = (index: number): string => ALERTS[index]?.alertId ?? '';
export const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** The next that is told of this alert. */
export function nextEvent(told: readonly AlertEvent[], step: Extract<Step, { do: 'tell' }>): AlertEvent {
  const alertId = alertIdAt(step.place);
  const sequence = told.filter((event) => event.alertId === alertId).length + 1;
  const { priority, ward, ends } = step;
  const type = ends ? 'end' : sequence === 1 ? 'start' : 'update';
  const eventId = idOf(`${alertId} ${sequence}`);
  return eventOf({ ...ALERTS[step.place], sequence, type, priority, ward, eventId });
}

/** A desk in memory that never dies and forgets nothing. */
export interface ModelDesk {
  readonly alerts: ReadonlyMap<string, DeskAlert>;
  readonly history: readonly AuditEntry[];
  readonly notifications: readonly NotificationRow[];
  readonly revisions: ReadonlyMap<string, number>;
  due(nowMs: number): readonly TimerRow[];
  /** One transaction. */
  at<Result>(nowMs: number, run: (work: DeskWork) => Result): Result;
}

export function modelDesk(rosters: RosterBook): ModelDesk {
  const alerts = new Map<string, DeskAlert>();
  const groupings = new Map<string, Grouping>();
  const revisions = new Map<string, number>();
  const history: AuditEntry[] = [];
  const notifications: NotificationRow[] = [];
  let timers: TimerRow[] = [];

  function keep(changes: DeskChanges): void {
    for (const alert of changes.alerts) alerts.set(alert.state.alertId, alert);
    for (const [patientId, grouping] of changes.groupings) groupings.set(patientId, grouping);
    for (const ward of changes.wards) revisions.set(ward, (revisions.get(ward) ?? 0) + 1);
    history.push(...changes.history);
    notifications.push(...changes.notifications);
    timers.push(...changes.timers);
  }

  return {
    ...{ alerts, history, notifications, revisions },
    due(nowMs) {
      const due = timers.filter(({ dueAtMs }) => dueAtMs <= nowMs);
      timers = timers.filter(({ dueAtMs }) => dueAtMs > nowMs);
      return due;
    },
    at(nowMs, run) {
      const work = deskWork({ alerts: [...alerts.values()], groupings, rosters }, { rules: DEFAULT_RULES, nowMs });
      const result = run(work);
      keep(work.changes());
      return result;
    },
  };
}
