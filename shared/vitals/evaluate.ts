// The alerter without I/O: a partition's patients, and the readings that come for them.
import type { AlertEvent } from './alert-event.ts';
import { draftPartition, type PartitionState, type Problem } from './partition-draft.ts';
import { passTime } from './pass-time.ts';
import { type EvaluationContext, takeMessage } from './take-message.ts';
import type { VitalsMessage } from './vitals-message.ts';

export { EMPTY_PARTITION, type PartitionState } from './partition-draft.ts';
export type { EvaluationContext } from './take-message.ts';

/** What came, in the order of the stream. `arrivedMs`: epoch ms of the broker. */
export type Arrival =
  | { readonly message: VitalsMessage; readonly arrivedMs: number }
  | { readonly pulse: true; readonly arrivedMs: number };

export interface Evaluated {
  readonly state: PartitionState;
  readonly events: readonly AlertEvent[];
  /** Of each event, when that arrived which it was decided by. */
  readonly causedMs: readonly number[];
  readonly readings: number;
  readonly problems: ReadonlyMap<Problem, number>;
}

/**
 * Judges what has come. Nothing is changed in `state`: the same arrivals onto the same state give the same events, however they
 * are cut into batches. Time is the stream's own, so a replay is no later than what it replays.
 */
export function evaluate(state: PartitionState, arrivals: readonly Arrival[], context: EvaluationContext): Evaluated {
  const draft = draftPartition(state);
  let readings = 0;
  for (const arrival of arrivals) {
    passTime(draft, arrival.arrivedMs);
    if ('message' in arrival) readings += takeMessage(draft, arrival.message, arrival.arrivedMs, context);
  }
  const { clockMs, patients, events, causedMs, problems } = draft;
  return { state: { clockMs, patients }, events, causedMs, readings, problems };
}
