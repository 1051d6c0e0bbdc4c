import type { BatchFailures } from '../batch-response.ts';
import type { Trace } from './machine-model.ts';
import type { Condition, Input, MachineRecord, Output } from './machine-types.ts';

/** A batch as it was invoked. */
interface Invoked {
  readonly batch: number;
  readonly lane: number;
  readonly records: readonly MachineRecord[];
}

/** What a history says of a record, read from inputs and outputs alone, within one activation. */
export interface Fate {
  readonly record: MachineRecord;
  /** Handled, filtered, or given up on for good: the checkpoint may move past it. */
  done: boolean;
  /** Sent to the destination or reported: no longer the lane's. */
  left: Condition | undefined;
  readonly arrivedMs: number;
  /** Of a failed one: when it may be invoked again. */
  retryAtMs: number;
  isInFlight: boolean;
  invocations: number;
  /** Of the last invocation. */
  lane: number | undefined;
  /** Failures that consume the retry quota. */
  charged: number;
  /** Listed as failed for good, before anything else failed. */
  refused: boolean;
  /** Records of the last batch with it that failed and was split, to be fewer in the next. */
  split: number | undefined;
}

/** The history up to a moment, as the laws need it. */
export interface History {
  readonly fates: ReadonlyMap<bigint, Fate>;
  /** By number; those of earlier activations included. */
  readonly inFlight: ReadonlyMap<number, Invoked>;
  readonly active: boolean;
  readonly stopping: boolean;
  readonly releasing: boolean;
  readonly paused: boolean;
  readonly fromOffset: bigint;
  readonly nowMs: number;
}

/** Holds of every history that the machine can go through. */
export type Law = (trace: Trace) => boolean;
export type Made<T extends Output<MachineRecord>['type']> = Extract<Output<MachineRecord>, { type: T }>;
type Holds = (history: History, output: Output<MachineRecord> | undefined, input: Input<MachineRecord>) => boolean;

/** True of a record that waits for its first invocation or the next. */
export const isWaiting = ({ record, done, left, isInFlight }: Fate) =>
  !done && left === undefined && !isInFlight && !record.undecodable;

/** The place from which a batch failed; its length when it succeeded. By AWS's rules, written apart from the machine. */
function failedFrom(records: readonly MachineRecord[], failures: BatchFailures): number {
  if (failures.type === 'all') return 0;
  const retried = [...failures.failures].filter(([, { permanent }]) => permanent !== true);
  const places = retried.map(([id]) => records.findIndex(({ offset }) => String(offset) === id));
  return Math.min(records.length, ...places.map((place) => Math.max(place, 0)));
}

/** Goes through a history: each output with the history before it, and at the end of each step no output. */
export function everyStep({ moments, scenario }: Trace, holds: Holds): boolean {
  const { bisectBatchOnFunctionError } = scenario.options;
  let fates = new Map<bigint, Fate>();
  let own = new Set<number>();
  const inFlight = new Map<number, Invoked>();
  let active = false;
  let stopping = false;
  let releasing = false;
  let paused = false;
  let fromOffset = 0n;
  const sends = new Map<number, readonly MachineRecord[]>();
  const of = (records: readonly MachineRecord[]) => records.flatMap(({ offset }) => fates.get(offset) ?? []);

  function settle({ batch, failures }: Input<MachineRecord> & { type: 'settled' }): void {
    const ended = inFlight.get(batch);
    inFlight.delete(batch);
    if (ended === undefined || !own.has(batch)) return;
    for (const fate of of(ended.records)) fate.isInFlight = false;
    const from = failedFrom(ended.records, failures);
    const isRetriable = failures.type === 'all' && failures.failure.retriable === true;
    const isSplit = bisectBatchOnFunctionError && ended.records.length > 1 && !isRetriable;
    for (const fate of of(ended.records.slice(0, from))) {
      fate.refused = failures.type === 'listed' && failures.failures.has(String(fate.record.offset));
      fate.done = !fate.refused;
    }
    for (const fate of of(ended.records.slice(from))) {
      if (isSplit) fate.split = ended.records.length;
      else if (!isRetriable) fate.charged += 1;
    }
  }

  function hear(input: Input<MachineRecord>, nowMs: number): void {
    if (input.type === 'activated') {
      [fates, own, active, paused, fromOffset] = [new Map(), new Set(), true, false, input.fromOffset ?? 0n];
    } else if (input.type === 'deactivated') active = false;
    else if (input.type === 'release') releasing = true;
    else if (input.type === 'stop' || input.type === 'abandon') stopping = true;
    else if (input.type === 'settled') settle(input);
    else if (input.type === 'sent' && active) {
      for (const fate of of(sends.get(input.send) ?? [])) fate.done = true;
    } else if (input.type === 'records' && active && !stopping && !releasing) {
      for (const record of input.records) {
        if (record.offset < fromOffset || fates.has(record.offset)) continue;
        const done = record.filtered && !record.undecodable;
        const fresh = {
          left: undefined,
          arrivedMs: nowMs,
          retryAtMs: 0,
          isInFlight: false,
          invocations: 0,
          lane: undefined,
          charged: 0,
          refused: false,
        };
        fates.set(record.offset, { record, done, ...fresh, split: undefined });
      }
    }
  }

  function note(output: Output<MachineRecord>, nowMs: number): void {
    if (output.type === 'released') [active, releasing] = [false, false];
    if (output.type === 'invoke') {
      inFlight.set(output.batch, output);
      own.add(output.batch);
      for (const fate of of(output.records)) {
        fate.invocations += 1;
        fate.lane = output.lane;
        fate.split = undefined;
        fate.isInFlight = true;
      }
    }
    if (output.type === 'retry') for (const fate of of(output.records)) fate.retryAtMs = nowMs + output.delayMs;
    if (output.type === 'pause' || output.type === 'resume') paused = output.type === 'pause';
    if (output.type === 'sendToDestination') sends.set(output.send, output.records);
    if (output.type === 'sendToDestination' || output.type === 'discarded') {
      for (const fate of of(output.records)) {
        fate.left = output.condition;
        // Without a destination there is nothing to wait for.
        const { onFailure, onUndecodable } = scenario.options;
        if (!(output.condition === 'Undecodable' ? onUndecodable : onFailure)) fate.done = true;
      }
    }
  }

  return moments.every(({ input, outputs, nowMs }) => {
    hear(input, nowMs);
    const history = () => ({ fates, inFlight, active, stopping, releasing, paused, fromOffset, nowMs });
    const holdsEach = outputs.every((output) => {
      const isHeld = holds(history(), output, input);
      note(output, nowMs);
      return isHeld;
    });
    return holdsEach && holds(history(), undefined, input);
  });
}

/** Each output of a type against the history before it. */
export const everyOutput =
  <T extends Output<MachineRecord>['type']>(
    type: T,
    holds: (output: Made<T>, history: History, trace: Trace) => boolean,
  ) =>
  (trace: Trace): boolean =>
    everyStep(trace, (history, output) => output?.type !== type || holds(output as Made<T>, history, trace));
