import type { AlertEvent } from '../vitals/alert-event.ts';
import { type Addressee, type AlertState, isAcknowledged } from './alert-state.ts';
import type { Notification, Refusal, StaffCommand } from './desk-input.ts';
import { chainOf, type DeskRules, isOfTheDesk, SILENCE_MS_MAX } from './desk-rules.ts';

/** What happens, as far as an effect or a guard may ask. */
export interface Happening {
  readonly atMs: number;
  readonly rules: DeskRules;
  readonly event?: AlertEvent;
  readonly command?: StaffCommand;
  /** The alert that explains this one. */
  readonly by?: string;
}

interface Effected {
  readonly change: Partial<AlertState>;
  readonly notify?: readonly Notification[];
}
type Effect = (state: AlertState, happening: Happening) => Effected;
const named = <Name extends string>(effects: Readonly<Record<Name, Effect>>) => effects;

/** Who is asked from now on has so long; of an alert that has an owner, or that is explained, nobody is asked. */
const deadline = ({ owner, inhibitedBy, priority }: AlertState, { atMs, rules }: Happening) =>
  owner === null && inhibitedBy === null ? atMs + rules.answerWithinMs[priority] : null;

function nextRole(state: AlertState, rules: DeskRules): Addressee['role'] | undefined {
  const chain = chainOf(state, rules);
  return chain[chain.indexOf(state.asked.role) + 1];
}

/** Stays until somebody has seen it, though it be over. */
const isHeld = (state: AlertState, priority: AlertState['priority']) => priority === 'high' && !isOfTheDesk(state);

const ownerOrAsked = ({ owner, asked }: AlertState): Notification =>
  owner === null ? { kind: 're-alarm', to: asked } : { kind: 'remind', id: owner.id };

/** To the next role; the last one is asked again. */
function passedOn(state: AlertState, happening: Happening) {
  const asked = { role: nextRole(state, happening.rules) ?? state.asked.role, id: null };
  const ask: Notification = { kind: 'ask', to: asked };
  return { change: { asked, answerByMs: deadline(state, happening) }, notify: [ask] };
}

/** What a transition is made of. Each sees what those before it have changed. */
export const EFFECTS = named({
  /** What the event says holds. Who looks after the ward that the patient has come to has to know. */
  follow(state, { event }) {
    if (event === undefined) return { change: {} };
    const { sequence, priority, ward, bed, deviceId } = event;
    // Also at the end: what made it high may come late, and is then known to be old.
    const isNew = isHeld(state, priority) && (state.phase === 'unheard' || state.priority !== 'high');
    const change = { sequence, priority, ward, bed, deviceId, isLatched: state.isLatched || isNew };
    if (ward === state.ward || state.phase !== 'active' || state.inhibitedBy !== null) return { change };
    const asked = { role: state.asked.role, id: null };
    return { change: { ...change, asked }, notify: [{ kind: 'ask', to: asked }] };
  },
  latch: (state) => ({ change: { isLatched: state.isLatched || (isHeld(state, state.priority) && !state.owner) } }),
  /** Anew, through all that was said of a lesser condition. */
  ring(state, happening) {
    const { asked, owner, phase } = state;
    const free = { acknowledgedUntilMs: null, silencedUntilMs: null, inhibitedBy: null, owner: null, closeAtMs: null };
    // Who could not come for less is asked again.
    return {
      change: { ...free, declined: [], answerByMs: deadline({ ...state, ...free }, happening) },
      notify: [
        { kind: phase === 'unheard' ? 'ask' : 're-alarm', to: asked },
        ...(owner === null ? [] : [{ kind: 'remind', id: owner.id } as const]),
      ],
    };
  },
  seen: (_state, { command }) => ({
    change: { isLatched: false, answerByMs: null },
    notify: command === undefined ? [] : [{ kind: 'retract', from: 'all-but', id: command.who.id }],
  }),
  quiet: ({ priority }, { atMs, rules }) => ({
    change: { acknowledgedUntilMs: atMs + rules.acknowledgedForMs[priority], silencedUntilMs: null },
  }),
  /** Sound stays as it is: taking an alert is not silencing it. */
  take: ({ declined }, { command }) =>
    command === undefined
      ? { change: {} }
      : { change: { owner: command.who, declined: declined.filter((id) => id !== command.who.id) } },
  /** Who cannot take what they are asked or have taken passes it on; anybody else is only told no more. */
  decline(state, happening) {
    const { command } = happening;
    if (command === undefined) return { change: {} };
    const { id, role } = command.who;
    const change = { owner: null, declined: [...new Set([...state.declined, id])] };
    const retract: Notification = { kind: 'retract', from: 'person', id };
    if (state.owner === null && role !== state.asked.role) return { change, notify: [retract] };
    const next = passedOn({ ...state, ...change }, happening);
    return { change: { ...change, ...next.change }, notify: [retract, ...next.notify] };
  },
  passOn: passedOn,
  readdress(state, happening) {
    if (happening.command?.type !== 'reroute') return { change: {} };
    const { to } = happening.command;
    const change = { owner: null, asked: to, declined: state.declined.filter((id) => id !== to.id) };
    return {
      change: { ...change, answerByMs: deadline({ ...state, ...change }, happening) },
      notify: [
        { kind: 'retract', from: 'everyone' },
        { kind: 'ask', to },
      ],
    };
  },
  pause: (_state, { atMs, rules }) => ({
    change: { silencedUntilMs: atMs + Math.min(rules.silenceMs, SILENCE_MS_MAX) },
  }),
  soundAgain: (state) => ({ change: { silencedUntilMs: null }, notify: [ownerOrAsked(state)] }),
  /** Who is asked has a deadline already where it was passed on meanwhile. */
  realarm: (state, happening) => ({
    change: { acknowledgedUntilMs: null, answerByMs: state.answerByMs ?? deadline(state, happening) },
    notify: [ownerOrAsked(state)],
  }),
  hide: (_state, { by = null }) => ({
    change: { inhibitedBy: by, answerByMs: null },
    notify: [{ kind: 'retract', from: 'everyone' }],
  }),
  show(state, happening) {
    const shown = { ...state, inhibitedBy: null };
    if (isAcknowledged(state, happening.atMs)) return { change: { inhibitedBy: null } };
    return { change: { inhibitedBy: null, answerByMs: deadline(shown, happening) }, notify: [ownerOrAsked(state)] };
  },
  /** Nothing is due any more, and nobody has to come. */
  rest: () => ({
    change: {
      answerByMs: null,
      acknowledgedUntilMs: null,
      silencedUntilMs: null,
      inhibitedBy: null,
      closeAtMs: null,
    },
    notify: [{ kind: 'retract', from: 'everyone' }],
  }),
  leaveSoon: ({ isLatched }, { atMs, rules }) => ({
    change: { closeAtMs: isLatched ? null : atMs + rules.shownResolvedMs },
  }),
});

/** What stands in the way of a transition: a staff command is then refused by this name, anything else is nothing. */
export const GUARDS = {
  already_quiet: (state, { atMs }) => isAcknowledged(state, atMs) || state.inhibitedBy !== null,
  accepted_by_another: ({ owner }, { command }) => owner !== null && owner.id !== command?.who.id,
  no_next_role: (state, { rules }) => nextRole(state, rules) === undefined,
  not_in_chain: (state, { command, rules }) =>
    command?.type === 'reroute' && !chainOf(state, rules).includes(command.to.role),
  /** Only what is of low priority may be explained away; anything worse speaks for itself. */
  not_explained: ({ priority, inhibitedBy }) => priority !== 'low' || inhibitedBy !== null,
  not_inhibited: ({ inhibitedBy }) => inhibitedBy === null,
} as const satisfies Partial<Record<Refusal, Guard>> & Record<string, Guard>;
type Guard = (state: AlertState, happening: Happening) => boolean;
