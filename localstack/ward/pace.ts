import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** How many ward seconds go by in one second; `max`: no waiting at all. */
export type Speed = number | 'max';

/**
 * When the ward is later than this (a machine that slept, a speed it cannot keep), it goes on from where it is instead of catching
 * up in one burst: a burst would be a load that no ward makes.
 */
export const MOST_LAG_MS = 5000;
/** So often a ward that need not wait lets deliveries, signals and timers have their turn. */
const STEPS_PER_TURN = 100;
const MS_PER_SECOND = 1000;

export interface Pace {
  /** Returns when it is this ward second, or the signal has aborted. */
  until(wardSecond: number): Promise<void>;
}

/**
 * Turns ward seconds into moments of the clock. Each deadline is counted from the start and not from the one before, so waits that
 * end late (each does, by up to some milliseconds) do not add up.
 */
export function createPace(speed: Speed, startSecond: number, clock: Clock, signal: AbortSignal): Pace {
  let anchorMs = clock.monotonicMs();
  let steps = 0;
  return {
    async until(wardSecond) {
      steps += 1;
      if (steps % STEPS_PER_TURN === 0) await nextTurn();
      if (speed === 'max') return;
      const offsetMs = ((wardSecond - startSecond) / speed) * MS_PER_SECOND;
      const lagMs = clock.monotonicMs() - (anchorMs + offsetMs);
      // A moment before the start is one that a resumed ward only catches up with.
      if (wardSecond > startSecond && lagMs > MOST_LAG_MS) anchorMs += lagMs;
      if (lagMs < 0) await clock.sleep(-lagMs, signal);
    },
  };
}
