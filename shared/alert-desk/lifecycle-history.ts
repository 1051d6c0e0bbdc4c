// What the laws of alert handling say of a history, put together from what they say of each moment.
import { isDeepStrictEqual } from 'node:util';
import { type Desk, type Moment, moments, type Scenario } from './lifecycle-model.ts';

/** True where the desk keeps the law on this history. */
export type Law = (scenario: Scenario, desk: Desk) => boolean;

const PRIORITIES = ['low', 'medium', 'high'];

export const everyMoment =
  (holds: (moment: Moment, desk: Desk) => boolean): Law =>
  (scenario, desk) => {
    for (const moment of moments(scenario, desk)) if (!holds(moment, desk)) return false;
    return true;
  };

export const isUnchanged = ({ before, state, audit, notifications }: Moment) =>
  isDeepStrictEqual(before, state) && audit.length === 0 && notifications.length === 0;

/** A newer event that says that it is worse than what is known. */
export const isWorsening = ({ input, before }: Moment) =>
  input.input === 'event' &&
  input.event.type !== 'end' &&
  input.event.sequence > (before?.sequence ?? 0) &&
  (before === undefined || PRIORITIES.indexOf(input.event.priority) > PRIORITIES.indexOf(before.priority));

/** The command that was carried out, and not for the first time answered. */
export const obeyed = ({ input, audit, answer }: Moment) =>
  input.input === 'command' && answer?.ok === true && audit.length > 0 ? input.command : undefined;

/** Until something that says otherwise, the last command of a kind is to be seen in the state. */
export const lasts =
  (begins: string, ends: readonly string[], isSeen: (begun: Moment, now: Moment, desk: Desk) => boolean): Law =>
  (scenario, desk) => {
    let begun: Moment | undefined;
    for (const now of moments(scenario, desk)) {
      const type = obeyed(now)?.type;
      if (isWorsening(now) || (type !== undefined && ends.includes(type))) begun = undefined;
      if (type === begins && now.before?.phase === 'active') begun = now;
      // Over, and back again only by an event that says so.
      if (now.state?.phase !== 'active') begun = undefined;
      if (begun !== undefined && !isSeen(begun, now, desk)) return false;
    }
    return true;
  };

export const isQuietUntil = (endMs: number, { state, atMs }: Moment, { rings }: Desk) =>
  state === undefined || atMs >= endMs || [atMs, endMs - 1].every((ms) => !rings(state, ms));
