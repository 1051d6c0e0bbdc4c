import type { Phase } from './alert-state.ts';
import type { Refusal } from './desk-input.ts';
import type { EFFECTS } from './effects.ts';
import type { CommandName } from './roles.ts';
import type { Timer } from './timers.ts';

/** Of an event, what it means beside what is known: the condition is worse (or new), goes on otherwise, has ended. */
type Meaning = 'worse' | 'change' | 'end';
export type Trigger = Meaning | CommandName | Timer | 'inhibit' | 'lift' | 'supersede';

type StaffGuard = 'already_quiet' | 'accepted_by_another' | 'no_next_role' | 'not_in_chain';
export interface Transition {
  readonly to: Phase;
  readonly does: readonly (keyof typeof EFFECTS)[];
  /** Where this holds it does not happen. */
  readonly unless?: StaffGuard | 'not_explained' | 'not_inhibited';
}
/** What becomes of it: a transition, a refusal (of a command only), or nothing. */
export type Cell = Transition | Refusal | null;

const refusing = (code: Refusal) =>
  ({
    acknowledge: code,
    accept: code,
    reject: code,
    silence: code,
    close: code,
    escalate: code,
    reroute: code,
  }) as const satisfies Record<CommandName, Refusal>;

const NO_TIMERS = {
  unanswered: null,
  acknowledgementOver: null,
  silenceOver: null,
  shownLongEnough: null,
} as const satisfies Record<Timer, null>;

const NO_INHIBITION = { inhibit: null, lift: null } as const;
const NOT_ON_THE_LIST = { supersede: null } as const;

const CLOSE: Transition = { to: 'closed', does: ['rest'] };
const RING: Transition = { to: 'active', does: ['follow', 'ring', 'latch'] };

/** All that can happen to an alert, by where it is in its life. */
export const TABLE: Readonly<Record<Phase, Readonly<Record<Trigger, Cell>>>> = {
  unheard: {
    // The first that is heard of it need not be its start: that may come late, and is then known to be old.
    worse: RING,
    change: RING,
    end: { to: 'resolved', does: ['follow', 'rest', 'leaveSoon'] },
    ...refusing('alert_not_found'),
    ...NO_TIMERS,
    ...NO_INHIBITION,
    ...NOT_ON_THE_LIST,
  },
  active: {
    worse: RING,
    change: { to: 'active', does: ['follow'] },
    end: { to: 'resolved', does: ['follow', 'rest', 'leaveSoon'] },
    acknowledge: { to: 'active', does: ['seen', 'quiet'] },
    accept: { to: 'active', does: ['seen', 'take'], unless: 'accepted_by_another' },
    reject: { to: 'active', does: ['decline'], unless: 'accepted_by_another' },
    silence: { to: 'active', does: ['pause'], unless: 'already_quiet' },
    close: CLOSE,
    escalate: { to: 'active', does: ['passOn'], unless: 'no_next_role' },
    reroute: { to: 'active', does: ['readdress'], unless: 'not_in_chain' },
    unanswered: { to: 'active', does: ['passOn'] },
    acknowledgementOver: { to: 'active', does: ['realarm', 'latch'] },
    silenceOver: { to: 'active', does: ['soundAgain'] },
    shownLongEnough: null,
    inhibit: { to: 'active', does: ['hide'], unless: 'not_explained' },
    lift: { to: 'active', does: ['show'], unless: 'not_inhibited' },
    supersede: CLOSE,
  },
  resolved: {
    // The alerter tells nothing after an end. Should it, then the condition is there, and has to be heard.
    worse: RING,
    change: RING,
    end: { to: 'resolved', does: ['follow'] },
    ...refusing('alert_resolved'),
    acknowledge: { to: 'closed', does: ['seen', 'rest'] },
    close: CLOSE,
    ...NO_TIMERS,
    shownLongEnough: CLOSE,
    ...NO_INHIBITION,
    supersede: CLOSE,
  },
  closed: {
    // Closed by hand while the condition went on: what has become worse is not what was closed.
    worse: RING,
    change: { to: 'closed', does: ['follow'] },
    end: { to: 'closed', does: ['follow'] },
    ...refusing('alert_closed'),
    ...NO_TIMERS,
    ...NO_INHIBITION,
    ...NOT_ON_THE_LIST,
  },
};
