import { isDeepStrictEqual } from 'node:util';
import { type AlertState, viewOf } from './alert-state.ts';
import { REFUSALS } from './desk-input.ts';
import { DEFAULT_RULES, SILENCE_MS_MAX } from './desk-rules.ts';
import { everyMoment, isQuietUntil, isUnchanged, isWorsening, type Law, lasts, obeyed } from './lifecycle-history.ts';
import { commandOf } from './lifecycle-model.ts';
import { COMMANDS, isAllowed, ROLES } from './roles.ts';
import { due, nextDueAtMs, TIMERS } from './timers.ts';

const HOUR_MS = 3_600_000;

const keepsOf = (state: AlertState | undefined) =>
  state && { sequence: state.sequence, priority: state.priority, ward: state.ward, bed: state.bed };

export const laws: Record<string, Law> = {
  'an acknowledged alert is quiet until its time is over or it becomes worse': lasts(
    'acknowledge',
    [],
    (begun, now, desk) => {
      const forMs = DEFAULT_RULES.acknowledgedForMs[begun.before?.priority ?? 'high'];
      return isQuietUntil(begun.atMs + forMs, now, desk);
    },
  ),
  'an acknowledgement ends: it rings again, and that is told, unless it is paused or explained since': everyMoment(
    ({ state, atMs, audit, notifications }, { rings }) => {
      if (state?.phase !== 'active' || state.inhibitedBy !== null) return true;
      const isTold = notifications.some(({ kind }) => kind === 're-alarm' || kind === 'remind');
      const isOver = audit.some(({ trigger }) => trigger === 'acknowledgementOver');
      if (isOver && rings(state, atMs) && !isTold) return false;
      return rings(state, atMs + DEFAULT_RULES.acknowledgedForMs.low + SILENCE_MS_MAX);
    },
  ),
  'where nobody answers in time, the next role is asked, at last the last one again and again': everyMoment(
    ({ before, state, audit, input, atMs, notifications }) => {
      const { answerByMs = null, asked } = before ?? {};
      if (input.input !== 'tick' || answerByMs === null || answerByMs > atMs || asked === undefined) return true;
      const [first, second, third] = DEFAULT_RULES.chains[before?.category ?? 'technical'];
      const next = asked.role === first ? second : third;
      const isAsked = notifications.some((told) => told.kind === 'ask' && told.to.role === next);
      return isAsked && state?.asked.role === next && audit.some(({ trigger }) => trigger === 'unanswered');
    },
  ),
  'who has taken an alert has it until they give it up, it is given to another, or it becomes worse': lasts(
    'accept',
    ['reject', 'reroute', 'close'],
    (begun, { state }) => state?.owner?.id === obeyed(begun)?.who.id && state?.answerByMs === null,
  ),
  'taking an alert is not silencing it': everyMoment((moment, { rings }) => {
    const { before, state, atMs } = moment;
    if (obeyed(moment)?.type !== 'accept' || before === undefined || state === undefined) return true;
    return rings(before, atMs) === rings(state, atMs);
  }),
  'sound is paused for two minutes at most, and the search for somebody goes on': (scenario, desk) => {
    const isPaused = lasts('silence', [], (begun, now) => isQuietUntil(begun.atMs + SILENCE_MS_MAX, now, desk));
    return (
      isPaused(scenario, desk) &&
      everyMoment((moment) => {
        const { before, state, atMs } = moment;
        if (obeyed(moment)?.type !== 'silence' || before === undefined || state === undefined) return true;
        return desk.rings(state, atMs + SILENCE_MS_MAX) && state.answerByMs === before.answerByMs;
      })(scenario, desk)
    );
  },
  'what is resolved or closed does not ring, and is asked of nobody': everyMoment((moment, { rings }) => {
    const { state, atMs, notifications } = moment;
    if (state === undefined || state.phase === 'active') return true;
    if (notifications.some(({ kind }) => kind !== 'retract')) return false;
    return state.answerByMs === null && [0, HOUR_MS].every((laterMs) => !rings(state, atMs + laterMs));
  }),
  'a high priority that nobody has answered stays on the list': (scenario, desk) => {
    let isUnseen = false;
    return everyMoment((moment) => {
      const { before, state, audit, input } = moment;
      const isOpen = state?.owner === null && state.priority === 'high';
      // The end may be the first that says how high it was.
      const event = input.input === 'event' && input.event.sequence > (before?.sequence ?? 0) ? input.event : undefined;
      const isRaised = event?.priority === 'high' && before?.priority !== 'high';
      const isAgain = audit.some(({ trigger }) => trigger === 'acknowledgementOver');
      if (['acknowledge', 'accept'].includes(obeyed(moment)?.type ?? '')) isUnseen = false;
      else if (isRaised || (isOpen && (isWorsening(moment) || isAgain))) isUnseen = true;
      if (state?.phase === 'closed') {
        const isMeant = before?.phase !== 'resolved' || !isUnseen || input.input === 'command';
        isUnseen = false;
        return isMeant;
      }
      return state?.phase !== 'resolved' || !isUnseen || nextDueAtMs(state) === null;
    })(scenario, desk);
  },
  'each transition is audited, in its number: who, when, why, from what to what': everyMoment(
    ({ before, state, audit, input, atMs }) => {
      const version = before?.version ?? 0;
      if ((state?.version ?? 0) !== version + audit.length) return false;
      if (audit.length === 0) return isDeepStrictEqual(before, state);
      const says = input.input === 'command' ? input.command : undefined;
      return audit.every(
        (entry, index) =>
          entry.version === version + index + 1 &&
          entry.atMs === atMs &&
          entry.why !== '' &&
          (says === undefined ? entry.who.role === 'system' : isDeepStrictEqual(entry.who, says.who)) &&
          (index === 0
            ? before === undefined || isDeepStrictEqual(entry.from, viewOf(before))
            : isDeepStrictEqual(entry.from, audit[index - 1]?.to)) &&
          (index < audit.length - 1 || (state !== undefined && isDeepStrictEqual(entry.to, viewOf(state)))),
      );
    },
  ),
  'timers fire once, and never early': everyMoment(({ before, state, audit, input, atMs }, { handle }) => {
    const fired = audit.map(({ trigger }) => trigger).filter((trigger) => TIMERS.some((timer) => timer === trigger));
    if (input.input !== 'tick' || before === undefined || state === undefined) return fired.length === 0;
    if (new Set(fired).size < fired.length) return false;
    const ready: readonly string[] = due(before, atMs);
    if (fired.some((timer) => !ready.includes(timer))) return false;
    return (nextDueAtMs(state) ?? Infinity) > atMs && handle(state, input, DEFAULT_RULES).audit.length === 0;
  }),
  'what nobody has answered has a time when the next is asked': everyMoment(({ state, atMs }, { rings }) => {
    if (state === undefined || state.owner !== null || !rings(state, atMs)) return true;
    // Between two ticks, the time of the acknowledgement that is over is the one.
    return nextDueAtMs(state) !== null;
  }),
  'what is worse always rings, whatever was said before': everyMoment((moment, { rings }) => {
    const { state, atMs, notifications } = moment;
    if (!isWorsening(moment) || state === undefined) return true;
    return rings(state, atMs) && notifications.some(({ kind }) => kind === 'ask' || kind === 're-alarm');
  }),
  'what is refused changes nothing, and what a role may not say is refused': everyMoment((moment) => {
    const { input, answer, before } = moment;
    if (input.input !== 'command') return answer === null;
    if (answer?.ok === false) return isUnchanged(moment);
    return before !== undefined && isAllowed(input.command.who.role, input.command.type, before.category);
  }),
  'a stale version is refused': everyMoment((moment) => {
    const command = obeyed(moment);
    return command === undefined || command.expectedVersion === moment.before?.version;
  }),
  'an event that is known, or older than what is known, changes nothing': everyMoment((moment) => {
    const { input, before } = moment;
    if (input.input !== 'event') return isDeepStrictEqual(keepsOf(before), keepsOf(moment.state));
    const { sequence, priority, ward, bed } = input.event;
    if (sequence <= (before?.sequence ?? 0)) return isUnchanged(moment);
    return isDeepStrictEqual(keepsOf(moment.state), { sequence, priority, ward, bed });
  }),
  'a command that comes again gets its answer again, and changes nothing': (scenario, { handle, rings }) => {
    const answers = new Map<string, unknown>();
    return everyMoment((moment) => {
      const { input, state, answer } = moment;
      if (input.input !== 'command') return true;
      const { key } = input.command;
      const known = answers.get(key);
      if (known !== undefined && !(isDeepStrictEqual(known, answer) && isUnchanged(moment))) return false;
      if (answer?.ok) answers.set(key, answer);
      const again = handle(state, input, DEFAULT_RULES);
      return isDeepStrictEqual(again.answer, answer) && isDeepStrictEqual(again.state, state);
    })(scenario, { handle, rings });
  },
  'each command has an answer in each state': everyMoment(({ state, atMs }, { handle }) =>
    COMMANDS.every((type) =>
      ROLES.every((role) => {
        const made = { type, key: 'another', who: { id: 'another', role }, expectedVersion: state?.version ?? 0, atMs };
        const { answer } = handle(state, { input: 'command', command: commandOf(made, role) }, DEFAULT_RULES);
        if (answer === null) return false;
        if (state === undefined) return !answer.ok && answer.code === 'alert_not_found';
        if (!isAllowed(role, type, state.category)) return !answer.ok && answer.code === 'role_forbidden';
        if (state.phase === 'closed') return !answer.ok && answer.code === 'alert_closed';
        return answer.ok ? answer.version === state.version + 1 : answer.code in REFUSALS;
      }),
    ),
  ),
  'what is read back from a database goes on as it was': everyMoment(({ before, state, input }, { handle }) => {
    if (before === undefined) return true;
    const restored: AlertState = JSON.parse(JSON.stringify(before));
    return (
      isDeepStrictEqual(handle(restored, input, DEFAULT_RULES).state, state) && isDeepStrictEqual(restored, before)
    );
  }),
};
