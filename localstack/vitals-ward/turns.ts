import { isSent, stepAtMs, type Timetable } from './timetable.ts';

/** One bed's turn to send. */
export interface Turn {
  readonly index: number;
  readonly step: number;
  /** Milliseconds from the start. */
  readonly atMs: number;
}

/** All beds' turns in order of time, for ever. */
export function* turns(plan: Timetable): Generator<Turn, never> {
  const { beds } = plan;
  // A step is half a tick, and beds are spread over a whole one: while one half sends, the other does so for the step before.
  const half = Math.ceil(beds / 2);
  const at = (index: number, step: number): Turn => ({ index, step, atMs: stepAtMs(plan, index, step) });
  for (let step = 0; ; step += 1) {
    const now = isSent(plan, step);
    const before = step > 0 && isSent(plan, step - 1);
    for (let place = 0; place < half; place += 1) {
      if (now) yield at(place, step);
      if (before && half + place < beds) yield at(half + place, step - 1);
    }
  }
}
