import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import { fullJitterMs } from '../jitter.ts';
import { type Activation, type InFlight, isUnanswered, newActivation } from './activation.ts';
import { type Batch, type Lane, recordsOf, splitByAge, type Work } from './batching.ts';
import { shouldPause } from './flow.ts';
import { createKeyLanes } from './key-lanes.ts';
import { createLanes } from './lanes.ts';
import type { Condition, Discard, Input, Machine, MachineOptions, MachineRecord, Output } from './machine-types.ts';
import { judge } from './outcome.ts';

/**
 * Decides about batches, lanes, retries, discards and the checkpoint of one partition of a stream; does no I/O and knows
 * no clock. What is reported goes in, what is to be done comes out, in that order. The laws it keeps: machine-laws.ts.
 * @param random in [0, 1)
 */
export function createMachine<R extends MachineRecord>(options: MachineOptions, random: () => number): Machine<R> {
  const lanes = options.laneOfEachKey ? createKeyLanes<R>(options) : createLanes<R>(options);
  const inFlight = new Map<number, InFlight<R>>();
  let phase: 'running' | 'stopping' | 'finished' = 'running';
  let active: Activation<R> | undefined;
  let paused = false;
  let releasing = false;
  /** One count for batches, sends and stores: an answer to what has been forgotten is not taken for another's. */
  let lastNumber = 0;
  let finalStore: number | undefined;
  let outputs: Output<R>[] = [];

  const nextNumber = () => {
    lastNumber += 1;
    return lastNumber;
  };

  function deactivate(): void {
    active = undefined;
    paused = false;
    lanes.clear();
    if (releasing) outputs.push({ type: 'released' });
    releasing = false;
  }

  const isDraining = () => releasing || phase === 'stopping';

  function finish({ checkpoint }: Activation<R>, works: readonly Work<R>[]): void {
    for (const { position } of works) checkpoint.done(position);
  }

  function send({ destination }: Activation<R>, nowMs: number): void {
    for (const { send: number, discard: sent } of destination.due(nowMs)) {
      outputs.push({ type: 'sendToDestination', send: number, ...sent });
    }
  }

  function discard(
    activation: Activation<R>,
    works: readonly Work<R>[],
    condition: Condition,
    { invokeCount, failure }: Pick<Batch<R>, 'invokeCount' | 'failure'>,
    nowMs: number,
  ): void {
    const records = recordsOf(works);
    const discarded: Discard<R> = { records, condition, invokeCount, ...(failure === undefined ? {} : { failure }) };
    if (condition === 'Undecodable' ? options.onUndecodable : options.onFailure) {
      activation.destination.add(works, discarded, nowMs);
      send(activation, nowMs);
      return;
    }
    finish(activation, works);
    outputs.push({ type: 'discarded', ...discarded });
  }

  function received(activation: Activation<R>, records: readonly R[], nowMs: number): void {
    let filtered = 0;
    for (const record of records) {
      const position = activation.checkpoint.take(record.offset, record.bytes);
      if (position === undefined) continue;
      if (record.undecodable) {
        discard(activation, [{ record, position, arrivedMs: nowMs }], 'Undecodable', { invokeCount: 0 }, nowMs);
      } else if (record.filtered) {
        filtered += 1;
        activation.checkpoint.done(position);
      } else lanes.add(record, position, nowMs);
    }
    if (filtered > 0) outputs.push({ type: 'filtered', records: filtered });
  }

  function settled(number: number, failures: BatchFailures, nowMs: number): void {
    const ended = inFlight.get(number);
    if (ended === undefined) return;
    const { batch, lane, activation } = ended;
    inFlight.delete(number);
    lane.idleSinceMs = nowMs;
    lanes.ended(lane);
    if (activation !== active) {
      lanes.left(batch.works);
      return;
    }
    const { done, retry, exhausted, refused, failure } = judge(batch, failures, options);
    if (retry.length === 0 || isDraining()) lanes.left(batch.works);
    else for (const works of [done, exhausted, refused.map(({ work }) => work)]) lanes.left(works);
    finish(activation, done);
    for (const { work, failure: why } of refused)
      discard(activation, [work], 'Refused', { ...batch, failure: why }, nowMs);
    if (exhausted.length > 0) {
      discard(activation, exhausted, 'RetryAttemptsExhausted', { ...batch, ...(failure && { failure }) }, nowMs);
    }
    if (!isDraining() && failure !== undefined) retryLater(lane, retry, failure, nowMs);
  }

  function retryLater(lane: Lane<R>, batches: readonly Batch<R>[], failure: Failure, nowMs: number): void {
    const [first] = batches;
    if (first === undefined) return;
    const delayMs = fullJitterMs(first.failures, options.retryDelay, random());
    lanes.retry(
      lane,
      batches.map((batch) => ({ ...batch, dueMs: nowMs + delayMs })),
    );
    for (const { works, invokeCount } of batches) {
      outputs.push({ type: 'retry', records: recordsOf(works), attempt: invokeCount + 1, delayMs, failure });
    }
  }

  function abandon({ destination, checkpoint }: Activation<R>): void {
    if (inFlight.size === 0 && destination.isIdle()) checkpoint.forgetStore();
    destination.forget('all');
    inFlight.clear();
  }

  /** Begins nothing any more. */
  function drain(): void {
    lanes.clear();
    active?.destination.forget('waiting');
  }

  function stop(isAbandoned: boolean): void {
    phase = 'stopping';
    drain();
    if (!isAbandoned) return;
    if (active === undefined) inFlight.clear();
    else abandon(active);
  }

  function apply(input: Input<R>, nowMs: number): void {
    if (input.type === 'settled') settled(input.batch, input.failures, nowMs);
    else if (input.type === 'deactivated') deactivate();
    else if (input.type === 'stop' || input.type === 'abandon') stop(input.type === 'abandon');
    else if (input.type === 'release') {
      releasing = true;
      drain();
      if (active === undefined) deactivate();
    } else if (input.type === 'activated') {
      if (phase !== 'running') return;
      deactivate();
      active = newActivation(options, input.fromOffset ?? 0n, { nowMs, random, nextNumber });
    } else if (active !== undefined) answered(active, input, nowMs);
  }

  function answered(activation: Activation<R>, input: Input<R>, nowMs: number): void {
    const { checkpoint, destination } = activation;
    if (input.type === 'records') {
      if (!isDraining()) received(activation, input.records, nowMs);
    } else if (input.type === 'sent') {
      const sending = destination.confirmed(input.send);
      if (sending === undefined) return;
      finish(activation, sending.works);
      outputs.push({ type: 'discarded', ...sending.discard });
    } else if (input.type === 'sendFailed') {
      destination.failed(input.send, nowMs, isDraining());
    } else if (input.type === 'checkpointStored' || input.type === 'checkpointFailed') {
      checkpoint.answered(input.store, input.type === 'checkpointStored');
      if (input.type === 'checkpointFailed' && input.store === finalStore) checkpoint.forgetStore();
    }
  }

  /** Invokes with a lane's batch, less those of its records that have become too old. */
  function invokeWith(activation: Activation<R>, lane: Lane<R>, batch: Batch<R>, nowMs: number): void {
    const { old, works } = splitByAge(batch.works, options.maximumRecordAgeMs, nowMs);
    if (old.length > 0) {
      lanes.left(old);
      discard(activation, old, 'RecordAgeExceeded', batch, nowMs);
    }
    if (works.length === 0) {
      lanes.ended(lane);
      return;
    }
    const number = nextNumber();
    const attempt = batch.invokeCount + 1;
    lane.inFlight = number;
    inFlight.set(number, { batch: { ...batch, works, invokeCount: attempt }, lane, activation });
    const records = recordsOf(works);
    const checkpoint = options.announceCheckpoint
      ? activation.checkpoint.after(works.map(({ position }) => position))
      : undefined;
    const invoke = { type: 'invoke', batch: number, lane: lane.index, records, attempt } as const;
    outputs.push(checkpoint === undefined ? invoke : { ...invoke, checkpoint });
  }

  function dispatch(activation: Activation<R>, nowMs: number): void {
    for (let taken = lanes.next(nowMs, paused); taken !== undefined; taken = lanes.next(nowMs, paused)) {
      invokeWith(activation, taken.lane, taken.batch, nowMs);
    }
  }

  function control({ checkpoint }: Activation<R>): void {
    if (isDraining() || paused === shouldPause(checkpoint.inHand(), paused, options)) return;
    paused = !paused;
    outputs.push({ type: paused ? 'pause' : 'resume' });
  }

  function proceed(activation: Activation<R>, nowMs: number): void {
    control(activation);
    dispatch(activation, nowMs);
    control(activation);
    send(activation, nowMs);
    const { checkpoint, destination } = activation;
    const isDrained = isDraining() && inFlight.size === 0 && destination.isIdle();
    const due = checkpoint.toStore(nowMs, isDrained);
    if (due === undefined) return;
    if (isDrained) finalStore = due.store;
    outputs.push({ type: 'storeCheckpoint', ...due });
  }

  return {
    step(input, nowMs) {
      outputs = [];
      if (phase === 'finished') return outputs;
      apply(input, nowMs);
      if (active !== undefined) proceed(active, nowMs);
      if (!isDraining() || inFlight.size > 0 || (active !== undefined && isUnanswered(active))) return outputs;
      deactivate();
      if (phase === 'stopping') {
        phase = 'finished';
        outputs.push({ type: 'finished' });
      }
      return outputs;
    },
    nextTickMs() {
      if (active === undefined) return undefined;
      const { checkpoint, destination } = active;
      const times = [lanes.nextMs(paused), destination.nextMs(), checkpoint.nextStoreMs()].filter(
        (atMs) => atMs !== undefined,
      );
      return times.length === 0 ? undefined : Math.min(...times);
    },
    counts: () => ({
      phase: releasing && phase === 'running' ? 'releasing' : phase,
      active: active !== undefined,
      inFlight: inFlight.size,
      inHand: active?.checkpoint.inHand().records ?? 0,
    }),
  };
}
