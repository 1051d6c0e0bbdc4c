// One alert, from the first that is heard of it until it is closed: what the alerter tells, what staff say, and time that passes.

import { isMoreUrgent } from '../alerts/alert-kinds.ts';
import { fingerprintOf } from '../canonical-json.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import { type Actor, type AlertState, rings, unheard, viewOf } from './alert-state.ts';
import type { AuditEntry, DeskInput, Notification, Outcome, Refusal, StaffCommand } from './desk-input.ts';
import type { DeskRules } from './desk-rules.ts';
import { EFFECTS, GUARDS, type Happening } from './effects.ts';
import { isAllowed } from './roles.ts';
import { due, isDue } from './timers.ts';
import { TABLE, type Transition, type Trigger } from './transition-table.ts';

/** An older command that comes again meets its stale version: changed is nothing by it, either. */
const ANSWERS_KEPT = 32;

const SYSTEM = {
  alerter: { id: 'alerter', role: 'system' },
  clock: { id: 'clock', role: 'system' },
  desk: { id: 'desk', role: 'system' },
} as const satisfies Record<string, Actor>;

/** Of what one alert does to another. */
const WHY = {
  inhibit: (by: string) => `explained by ${by}`,
  lift: () => 'explained no longer',
  supersede: (by: string) => `begun again as ${by}`,
} as const;

/**
 * What becomes of an alert. Pure, and defined for each input in each state.
 * @param before undefined: nothing has been heard of it
 */
export function handle(before: AlertState | undefined, input: DeskInput, rules: DeskRules): Outcome {
  switch (input.input) {
    case 'event':
      return takeEvent(before ?? unheard(input.event, rules), before, { ...input, rules });
    case 'command':
      return obey(before, input.command, rules);
    case 'tick':
      return before === undefined ? unchanged(before) : fire(before, input.atMs, rules);
    case 'inhibit':
    case 'lift':
    case 'supersede': {
      if (before === undefined) return unchanged(before);
      const why = WHY[input.input](input.input === 'lift' ? '' : input.by);
      return go(before, input.input, { ...input, rules }, SYSTEM.desk, why);
    }
  }
}

const unchanged = (state: AlertState | undefined): Outcome => ({ state, answer: null, audit: [], notifications: [] });
const refused = (state: AlertState | undefined, code: Refusal): Outcome => ({
  ...unchanged(state),
  answer: { ok: false, code },
});

/** Events come more than once and in any order; each says all that holds, so the newest of them is enough. */
function takeEvent(
  state: AlertState,
  before: AlertState | undefined,
  happening: Happening & { readonly event: AlertEvent },
): Outcome {
  const { type, sequence, priority, eventId } = happening.event;
  if (sequence <= state.sequence) return unchanged(before);
  const isWorse = state.phase === 'unheard' || isMoreUrgent(priority, state.priority);
  const meaning = type === 'end' ? 'end' : isWorse ? 'worse' : 'change';
  return go(state, meaning, happening, SYSTEM.alerter, `${type} ${eventId}`);
}

function obey(before: AlertState | undefined, command: StaffCommand, rules: DeskRules): Outcome {
  const { key, type, who, why, atMs, expectedVersion } = command;
  if (before === undefined) return refused(before, 'alert_not_found');
  // Not of the time: who sends it again does so later.
  const to = command.type === 'reroute' ? { ...command.to } : null;
  const fingerprint = fingerprintOf({ type, who: { ...who }, why, expectedVersion, to });
  const known = before.answers.find((one) => one.key === key);
  if (known !== undefined) {
    if (known.fingerprint !== fingerprint) return refused(before, 'key_reused');
    return { ...unchanged(before), answer: { ok: true, version: known.version } };
  }
  if (!isAllowed(who.role, type, before.category)) return refused(before, 'role_forbidden');
  const cell = TABLE[before.phase][type];
  if (typeof cell === 'string') return refused(before, cell);
  if (expectedVersion !== before.version) return refused(before, 'version_conflict');
  const done = go(before, type, { atMs, rules, command }, who, why);
  if (done.state === undefined || done.answer !== null) return done;
  const { version } = done.state;
  const answers = [...before.answers, { key, fingerprint, version }].slice(-ANSWERS_KEPT);
  return { ...done, state: { ...done.state, answers }, answer: { ok: true, version } };
}

/** All that is due, each looked at again: what one does may have stopped the next. */
function fire(before: AlertState, atMs: number, rules: DeskRules): Outcome {
  let state = before;
  const audit: AuditEntry[] = [];
  const notifications: Notification[] = [];
  for (const timer of due(before, atMs)) {
    if (!isDue(timer, state, atMs)) continue;
    const done = go(state, timer, { atMs, rules }, SYSTEM.clock, timer);
    state = done.state ?? state;
    audit.push(...done.audit);
    notifications.push(...done.notifications);
  }
  return { state, answer: null, audit, notifications };
}

function go(before: AlertState, trigger: Trigger, happening: Happening, who: Actor, why: string): Outcome {
  const cell = TABLE[before.phase][trigger];
  if (cell === null) return unchanged(before);
  if (typeof cell === 'string') return refused(before, cell);
  const { unless } = cell;
  if (unless !== undefined && GUARDS[unless](before, happening)) {
    return unless === 'not_explained' || unless === 'not_inhibited' ? unchanged(before) : refused(before, unless);
  }
  const { state, notifications } = carriedOut(cell, before, happening);
  const { atMs } = happening;
  const { alertId, version } = state;
  const audit = [{ alertId, version, trigger, who, why, atMs, from: viewOf(before), to: viewOf(state) }];
  return { state, answer: null, audit, notifications };
}

function carriedOut({ does, to }: Transition, before: AlertState, happening: Happening) {
  let state = before;
  const wanted: Notification[] = [];
  for (const name of does) {
    const { change, notify = [] } = EFFECTS[name](state, happening);
    state = { ...state, ...change };
    wanted.push(...notify);
  }
  state = { ...state, phase: to, version: before.version + 1 };
  // Nobody is told that it rings while it is explained by another alert, or paused; nor asked of what is over.
  const isHeard = rings(state, happening.atMs);
  const isMeant = ({ kind }: Notification) => kind === 'retract' || (kind === 'ask' ? to === 'active' : isHeard);
  const notifications = wanted.filter(isMeant);
  return { state, notifications };
}
