import type { AlertState } from './alert-state.ts';

/** Each a time in the state: when it is over, and what that means. */
const TIMES = {
  unanswered: ({ answerByMs }) => answerByMs,
  acknowledgementOver: ({ acknowledgedUntilMs }) => acknowledgedUntilMs,
  silenceOver: ({ silencedUntilMs }) => silencedUntilMs,
  shownLongEnough: ({ closeAtMs }) => closeAtMs,
} as const satisfies Record<string, (state: AlertState) => number | null>;

export type Timer = keyof typeof TIMES;
export const TIMERS = Object.keys(TIMES) as Timer[];

/** When it fires; never, where it does not run. */
const timeOf = (timer: Timer, state: AlertState): number => TIMES[timer](state) ?? Number.POSITIVE_INFINITY;

export const isDue = (timer: Timer, state: AlertState, nowMs: number): boolean => timeOf(timer, state) <= nowMs;

/** What fires by now, in the order in which it was due. What one does may stop the next: ask `isDue` again before each. */
export const due = (state: AlertState, nowMs: number): readonly Timer[] =>
  TIMERS.filter((timer) => isDue(timer, state, nowMs)).sort((one, other) => timeOf(one, state) - timeOf(other, state));

/** When to look at the alert again; null: it waits for nothing. */
export function nextDueAtMs(state: AlertState): number | null {
  const nextMs = Math.min(...TIMERS.map((timer) => timeOf(timer, state)));
  return Number.isFinite(nextMs) ? nextMs : null;
}
