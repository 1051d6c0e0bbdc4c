import type { Failure } from '../event-source.ts';
import { fifo } from '../fifo.ts';
import { fullJitterMs } from '../jitter.ts';
import { acknowledgements } from './acknowledgements.ts';
import type { Fate, Input, Machine, MachineOptions, MachineRecord, Output, Work } from './machine-types.ts';

const UNACKNOWLEDGED: ReadonlySet<Fate> = new Set(['left', 'stopped', 'unfinished']);

/**
 * Decides about queue, concurrency, retries, acknowledgements and drain of an MQTT event source; does no I/O and knows
 * no clock. What is reported goes in, what is to be done comes out, in that order. The laws it keeps: machine-laws.ts.
 * @param random in [0, 1)
 */
export function createMachine<R extends MachineRecord>(options: MachineOptions, random: () => number): Machine<R> {
  const fresh = fifo<Work<R>>();
  const waiting = new Map<number, Work<R>>();
  const inFlight = new Map<number, Work<R>>();
  const publishing = new Map<number, Work<R>>();
  const owed = acknowledgements<R>();
  let phase: 'running' | 'stopping' | 'stopped' = 'running';
  let connection = 0;
  /** The first connection of the session that the broker has now. */
  let sessionStart = 1;
  let up = false;
  let paused = false;
  /** QoS 1 messages in hand, and those of them whose connection is gone. */
  let unfinished = 0;
  let stale = 0;
  let outputs: Output<R>[] = [];

  const isCurrent = (record: R) => up && record.connection === connection;
  /** The broker sends it again on the connection that is there now. */
  const comesAgain = ({ record }: Work<R>) =>
    record.qos === 1 && up && record.connection >= sessionStart && record.connection < connection;
  /** The broker has it in a session that it keeps. */
  const isKept = ({ record }: Work<R>) => record.qos === 1 && options.persistent && record.connection >= sessionStart;
  /** Whether the broker will send it again is not known before there is a connection. */
  const isHeld = (work: Work<R>) => !up && (work.stage === 'publish' || isKept(work));

  function acknowledge(records: readonly R[]): void {
    for (const record of records) outputs.push({ type: 'ack', record });
  }

  function finish(work: Work<R>, fate: Fate): void {
    const { record, failure } = work;
    const attempt = work.counted;
    outputs.push({ type: 'finished', record, fate, attempt, ...(failure === undefined ? {} : { failure }) });
    if (record.qos === 0) return;
    unfinished -= 1;
    if (isCurrent(record)) acknowledge(UNACKNOWLEDGED.has(fate) ? owed.never(record.id) : owed.due(record.id));
    else stale -= 1;
  }

  function wait(work: Work<R>, nowMs: number): number {
    const delayMs = fullJitterMs(work.failures, options.retryDelay, random());
    work.dueMs = nowMs + delayMs;
    waiting.set(work.record.id, work);
    return delayMs;
  }

  /** What ends a message that has just failed; undefined when it is tried again, or its failure is to be published. */
  function fateOfFailed(work: Work<R>): Fate | undefined {
    if (work.record.qos === 0) return 'failed';
    if (comesAgain(work)) return 'left';
    const leaves = phase === 'stopping' && isKept(work);
    if (work.counted < options.maximumAttempts) return leaves ? 'left' : undefined;
    if (!options.failureTopic) return 'given_up';
    return leaves && !up ? 'left' : undefined;
  }

  function failed(work: Work<R>, failure: Failure, nowMs: number): void {
    const { record } = work;
    work.failure = failure;
    work.failures += 1;
    if (record.qos === 0 || failure.retriable !== true) work.counted += 1;
    const fate = fateOfFailed(work);
    if (fate !== undefined) {
      finish(work, fate);
    } else if (work.counted < options.maximumAttempts) {
      const attempt = Math.max(1, work.counted);
      outputs.push({ type: 'retry', record, attempt, delayMs: wait(work, nowMs) });
    } else {
      work.stage = 'publish';
      work.failures = 0;
      work.dueMs = nowMs;
      waiting.set(record.id, work);
    }
  }

  /** What ends a message that has just come; undefined when there is room for it. */
  function fateOnArrival(work: Work<R>): Fate | undefined {
    const { qos, refused } = work.record;
    if (phase !== 'running') return isKept(work) ? 'left' : 'stopped';
    if (refused !== undefined) return refused;
    const startsAtOnce = fresh.length() === 0 && inFlight.size < options.maximumConcurrency && !isHeld(work);
    const isFull = !startsAtOnce && fresh.length() >= options.maximumQueueLength;
    // The broker holds back QoS 1 by itself, or reading stops: see control().
    return isFull && qos === 0 ? 'overflow' : undefined;
  }

  function arrived(record: R): void {
    const work: Work<R> = { record, counted: 0, failures: 0, stage: 'invoke', dueMs: 0 };
    if (record.qos === 1) {
      unfinished += 1;
      if (isCurrent(record)) owed.owe(record);
      else stale += 1;
    }
    const fate = fateOnArrival(work);
    if (fate === undefined) fresh.push(work);
    else finish(work, fate);
  }

  function leave(which: (work: Work<R>) => boolean): void {
    for (const work of waiting.values()) {
      if (!which(work)) continue;
      waiting.delete(work.record.id);
      finish(work, 'left');
    }
    for (const work of fresh.takeOut(which)) finish(work, 'left');
  }

  function lost(): void {
    if (!up) return;
    up = false;
    owed.clear();
    stale = unfinished;
    if (phase === 'stopping') leave(isKept);
  }

  function abandon(): void {
    for (const work of fresh.clear()) finish(work, isKept(work) ? 'left' : 'stopped');
    for (const works of [waiting, inFlight, publishing]) {
      for (const work of works.values()) finish(work, isKept(work) ? 'left' : 'unfinished');
      works.clear();
    }
  }

  function settled(id: number, failure: Failure | undefined, nowMs: number): void {
    const work = inFlight.get(id);
    if (work === undefined) return;
    inFlight.delete(id);
    if (failure !== undefined) {
      failed(work, failure, nowMs);
      return;
    }
    work.counted += 1;
    delete work.failure;
    finish(work, 'succeeded');
  }

  function answered(id: number, confirmed: boolean, nowMs: number): void {
    const work = publishing.get(id);
    if (work === undefined) return;
    publishing.delete(id);
    if (confirmed) {
      finish(work, 'given_up');
    } else if (comesAgain(work) || (phase === 'stopping' && isKept(work))) {
      finish(work, 'left');
    } else {
      work.failures += 1;
      wait(work, nowMs);
    }
  }

  function apply(input: Input<R>, nowMs: number): void {
    if (input.type === 'message') arrived(input.record);
    else if (input.type === 'settled') settled(input.id, input.failure, nowMs);
    else if (input.type === 'published' || input.type === 'publishFailed') {
      answered(input.id, input.type === 'published', nowMs);
    } else if (input.type === 'lost') lost();
    else if (input.type === 'connected') {
      lost();
      up = true;
      connection = input.connection;
      if (!input.resumed) sessionStart = connection;
      leave(comesAgain);
    } else if (input.type !== 'tick') {
      if (phase === 'running') phase = 'stopping';
      if (input.type === 'abandon') abandon();
      else leave(isKept);
    }
  }

  /** The message to begin now: one whose retry is due before the first of those not yet begun. */
  function nextToInvoke(nowMs: number): Work<R> | undefined {
    let due: Work<R> | undefined;
    for (const work of waiting.values()) {
      if (work.stage !== 'invoke' || work.dueMs > nowMs || isHeld(work)) continue;
      if (due === undefined || work.record.id < due.record.id) due = work;
    }
    if (due !== undefined) {
      waiting.delete(due.record.id);
      return due;
    }
    const first = fresh.first();
    return first === undefined || isHeld(first) ? undefined : fresh.shift();
  }

  function dispatch(nowMs: number): void {
    while (inFlight.size < options.maximumConcurrency) {
      const work = nextToInvoke(nowMs);
      if (work === undefined) break;
      inFlight.set(work.record.id, work);
      outputs.push({ type: 'invoke', record: work.record, attempt: work.counted + 1 });
    }
    for (const work of waiting.values()) {
      const { record, stage, failure, counted } = work;
      if (stage !== 'publish' || failure === undefined || work.dueMs > nowMs || isHeld(work)) continue;
      waiting.delete(record.id);
      publishing.set(record.id, work);
      outputs.push({ type: 'publishFailure', record, attempt: counted, failure });
    }
  }

  /** A paused connection cannot read the answer to a failure being published, so reading goes on for that long. */
  function control(): void {
    const answerDue = publishing.size > 0;
    const full = phase === 'running' && up && !answerDue && owed.count() + stale >= options.pauseAt;
    if (full !== paused) outputs.push({ type: full ? 'pause' : 'resume' });
    paused = full;
  }

  return {
    step(input, nowMs) {
      outputs = [];
      apply(input, nowMs);
      if (phase !== 'stopped') {
        dispatch(nowMs);
        control();
        const idle = fresh.length() + waiting.size + inFlight.size + publishing.size === 0;
        if (phase === 'stopping' && idle) {
          phase = 'stopped';
          outputs.push({ type: 'stopped' });
        }
      }
      return outputs;
    },
    nextTickMs() {
      let atMs: number | undefined;
      const free = inFlight.size < options.maximumConcurrency;
      for (const work of waiting.values()) {
        if (isHeld(work) || (work.stage === 'invoke' && !free)) continue;
        atMs = Math.min(atMs ?? Infinity, work.dueMs);
      }
      return atMs;
    },
    oldestUnacknowledged: owed.oldest,
    counts: () => ({ phase, inFlight: inFlight.size, waiting: fresh.length() + waiting.size + publishing.size }),
  };
}
