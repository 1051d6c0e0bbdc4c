import type { AlertState } from './alert-state.ts';
import type { DeskInput, Outcome } from './desk-input.ts';
import { type Desk, realDesk } from './lifecycle-model.ts';

const { handle, rings } = realDesk;

/** The outcome of some inputs, changed. */
const changing = (change: (outcome: Outcome, input: DeskInput, before: AlertState | undefined) => Outcome): Desk => ({
  rings,
  handle: (before, input, rules) => change(handle(before, input, rules), input, before),
});
type Change = (outcome: Outcome, input: DeskInput['input'], before: AlertState | undefined) => Partial<AlertState>;
/** What becomes of the state, changed. */
const stating = (change: Change): Desk =>
  changing((outcome, { input }, before) => {
    const { state } = outcome;
    return state === undefined ? outcome : { ...outcome, state: { ...state, ...change(outcome, input, before) } };
  });
/** The same at some triggers. */
const after = (triggers: readonly string[], change: Partial<AlertState>): Desk =>
  stating(({ audit }) => (audit.some(({ trigger }) => triggers.includes(trigger)) ? change : {}));
const ringing = (change: typeof rings): Desk => ({ handle, rings: change });
/** An input, changed before it is taken. */
const taking = (change: (input: DeskInput, before: AlertState | undefined) => DeskInput): Desk => ({
  rings,
  handle: (before, input, rules) => handle(before, change(input, before), rules),
});

const LATER_MS = 1_000;
const QUIET = 'an acknowledged alert is quiet until its time is over or it becomes worse';
const ENDS = 'an acknowledgement ends: it rings again, and that is told, unless it is paused or explained since';
const TAKEN = 'who has taken an alert has it until they give it up, it is given to another, or it becomes worse';
const AUDIT = 'each transition is audited, in its number: who, when, why, from what to what';
const TIMERS = 'timers fire once, and never early';
const OVER = 'what is resolved or closed does not ring, and is asked of nobody';
const AGAIN = 'a command that comes again gets its answer again, and changes nothing';
const PAUSE = 'sound is paused for two minutes at most, and the search for somebody goes on';
const STORED = 'what is read back from a database goes on as it was';
const REFUSED = 'what is refused changes nothing, and what a role may not say is refused';
const WORSE = 'what is worse always rings, whatever was said before';

/** Small variations of the desk, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; desk: Desk }> = {
  'forgets an acknowledgement when the alert is taken': {
    breaks: QUIET,
    desk: after(['accept'], { acknowledgedUntilMs: null }),
  },
  'forgets an acknowledgement at any event': { breaks: QUIET, desk: after(['change'], { acknowledgedUntilMs: null }) },
  'acknowledges for good': {
    breaks: ENDS,
    desk: after(['acknowledge'], { acknowledgedUntilMs: Number.MAX_SAFE_INTEGER }),
  },
  'rings again and tells nobody': {
    breaks: ENDS,
    desk: changing((outcome, { input }) => {
      const told = outcome.notifications.filter(({ kind }) => kind !== 're-alarm' && kind !== 'remind');
      return input === 'tick' ? { ...outcome, notifications: told } : outcome;
    }),
  },
  'asks the same role for ever': {
    breaks: 'where nobody answers in time, the next role is asked, at last the last one again and again',
    desk: stating((_outcome, input, before) => (input === 'tick' && before ? { asked: before.asked } : {})),
  },
  'loses the owner when somebody acknowledges': { breaks: TAKEN, desk: after(['acknowledge'], { owner: null }) },
  'goes on asking others': { breaks: TAKEN, desk: after(['accept'], { answerByMs: 1 }) },
  'silences what is taken': {
    breaks: 'taking an alert is not silencing it',
    desk: ringing((state, nowMs) => state.owner === null && rings(state, nowMs)),
  },
  'pauses sound for good': { breaks: PAUSE, desk: after(['silence'], { silencedUntilMs: Number.MAX_SAFE_INTEGER }) },
  'asks nobody while sound is paused': { breaks: PAUSE, desk: after(['silence'], { answerByMs: null }) },
  'rings on when it is over': {
    breaks: OVER,
    desk: ringing((state, nowMs) => rings({ ...state, phase: 'active' }, nowMs)),
  },
  'leaves a deadline when it is closed': { breaks: OVER, desk: after(['close', 'end'], { answerByMs: 1 }) },
  'takes what nobody has seen off the list': {
    breaks: 'a high priority that nobody has answered stays on the list',
    desk: after(['end'], { closeAtMs: 1 }),
  },
  'forgets that nobody has seen it': {
    breaks: 'a high priority that nobody has answered stays on the list',
    desk: after(['worse', 'acknowledgementOver'], { isLatched: false }),
  },
  'looks at no priority that an end says': {
    breaks: 'a high priority that nobody has answered stays on the list',
    desk: taking((input, before) =>
      input.input === 'event' && input.event.type === 'end' && before !== undefined
        ? { ...input, event: { ...input.event, priority: before.priority } }
        : input,
    ),
  },
  'leaves out the audit of what time does': {
    breaks: AUDIT,
    desk: changing((outcome, { input }) => (input === 'tick' ? { ...outcome, audit: [] } : outcome)),
  },
  'counts two transitions as one': {
    breaks: AUDIT,
    desk: changing((outcome, { input }) =>
      input === 'tick' ? { ...outcome, audit: outcome.audit.slice(0, 1) } : outcome,
    ),
  },
  'fires a second early': {
    breaks: TIMERS,
    desk: taking((input) => (input.input === 'tick' ? { ...input, atMs: input.atMs + LATER_MS } : input)),
  },
  'does not move a deadline on': { breaks: TIMERS, desk: after(['unanswered'], { answerByMs: 1 }) },
  'fires what is due with any command': {
    breaks: TIMERS,
    desk: {
      rings,
      handle(before, input, rules) {
        if (input.input !== 'command') return handle(before, input, rules);
        const fired = handle(before, { input: 'tick', atMs: input.command.atMs }, rules);
        const done = handle(fired.state, input, rules);
        return { ...done, audit: [...fired.audit, ...done.audit] };
      },
    },
  },
  'forgets to ask the next after the first': {
    breaks: 'what nobody has answered has a time when the next is asked',
    desk: after(['unanswered'], { answerByMs: null }),
  },
  'keeps quiet about what is worse once it is acknowledged': {
    breaks: WORSE,
    desk: stating(({ audit }, _input, before) =>
      audit[0]?.trigger === 'worse' ? { acknowledgedUntilMs: before?.acknowledgedUntilMs ?? null } : {},
    ),
  },
  'keeps closed what is worse': {
    breaks: WORSE,
    desk: stating((_outcome, input, before) =>
      before?.phase === 'closed' && input === 'event' ? { phase: 'closed' } : {},
    ),
  },
  'counts what it refuses': {
    breaks: REFUSED,
    desk: stating(({ answer, state }) => (answer?.ok === false && state ? { version: state.version + 1 } : {})),
  },
  'lets anybody say anything': {
    breaks: REFUSED,
    desk: {
      rings,
      handle(before, input, rules) {
        if (input.input !== 'command') return handle(before, input, rules);
        const { command } = input;
        const who = { ...command.who, role: 'doctor' };
        return handle(before, { ...input, command: { ...command, who } }, rules);
      },
    },
  },
  'looks at no version': {
    breaks: 'a stale version is refused',
    desk: taking((input, before) =>
      input.input === 'command'
        ? { ...input, command: { ...input.command, expectedVersion: before?.version ?? 0 } }
        : input,
    ),
  },
  'takes what comes late for new': {
    breaks: 'an event that is known, or older than what is known, changes nothing',
    desk: taking((input, before) =>
      input.input === 'event'
        ? { ...input, event: { ...input.event, sequence: input.event.sequence + (before?.sequence ?? 0) } }
        : input,
    ),
  },
  'forgets what it has answered': {
    breaks: AGAIN,
    desk: stating(() => ({ answers: [] })),
  },
  'says of what is closed that its version is stale': {
    breaks: 'each command has an answer in each state',
    desk: changing((outcome, { input }, before) =>
      input === 'command' && before?.phase === 'closed'
        ? { ...outcome, answer: { ok: false, code: 'version_conflict' } }
        : outcome,
    ),
  },
  'keeps its times in the process': { breaks: STORED, desk: inMemory() },
};

/** Remembers when each state was made beside it: who reads it back has nothing of that. */
function inMemory(): Desk {
  const deadlines = new WeakMap<AlertState, number | null>();
  return {
    rings,
    handle(before, input, rules) {
      const answerByMs = before === undefined ? null : (deadlines.get(before) ?? null);
      const outcome = handle(before && { ...before, answerByMs }, input, rules);
      if (outcome.state === undefined) return outcome;
      const state = { ...outcome.state, answerByMs: null };
      deadlines.set(state, outcome.state.answerByMs);
      return { ...outcome, state };
    },
  };
}
