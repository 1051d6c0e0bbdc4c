import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import { fullJitterMs } from '../jitter.ts';
import { enqueue, nextLaneMs, takeDueBatch, takeTooLate } from './batching.ts';
import { intakeAfter, nextRead } from './intake.ts';
import type { Env, Input, Intake, MachineOptions, MachineRecord, MachineState, Output, Step } from './machine-types.ts';

/** A record that was received more often than it may be attempted: the process died in each attempt, or nearly. */
const ATTEMPTS_EXHAUSTED: Failure = {
  code: 'AttemptsExhausted',
  name: 'AttemptsExhausted',
  message: 'received after its last attempt had ended without an outcome',
};

/** The state before `start`: nothing read, nothing invoked. */
export function initialState<R extends MachineRecord>(): MachineState<R> {
  return {
    phase: 'running',
    intake: { mode: 'closed' },
    readFailures: 0,
    lanes: new Map(),
    inFlight: new Map(),
    nextBatch: 1,
  };
}

/** Deals with records just read: given back when stopping, filtered, exhausted, or put into their lane. */
function received<R extends MachineRecord>(
  state: MachineState<R>,
  records: readonly R[],
  options: MachineOptions,
  nowMs: number,
): { lanes: MachineState<R>['lanes']; outputs: Output<R>[] } {
  const outputs: Output<R>[] = [];
  if (records.length === 0) return { lanes: state.lanes, outputs };
  if (state.phase !== 'running') return { lanes: state.lanes, outputs: [{ type: 'giveBack', records }] };
  const filtered = records.filter((record) => record.filtered);
  if (filtered.length > 0) outputs.push({ type: 'delete', records: filtered, reason: 'filtered' });
  const wanted: R[] = [];
  for (const record of records) {
    if (record.filtered) continue;
    if (record.attempt <= options.maximumAttempts) wanted.push(record);
    else outputs.push({ type: 'deadLetter', record, failure: ATTEMPTS_EXHAUSTED });
  }
  return { lanes: enqueue(state.lanes, wanted, nowMs), outputs };
}

/** Disposes of each record of a finished batch: deleted, retried after a delay, or given up on. */
function settled<R extends MachineRecord>(
  records: readonly R[],
  failures: BatchFailures,
  options: MachineOptions,
  env: Env,
): Output<R>[] {
  const outputs: Output<R>[] = [];
  const succeeded: R[] = [];
  for (const record of records) {
    const failure = failures.type === 'all' ? failures.failure : failures.failures.get(record.id);
    const counted = failure?.retriable !== true;
    if (failure === undefined) succeeded.push(record);
    else if (counted && record.attempt >= options.maximumAttempts)
      outputs.push({ type: 'deadLetter', record, failure });
    else {
      const delayMs = fullJitterMs(record.attempt, options.retryDelay, env.random());
      outputs.push({ type: 'retry', record, delayMs, counted, failure });
    }
  }
  if (succeeded.length > 0) outputs.unshift({ type: 'delete', records: succeeded, reason: 'succeeded' });
  return outputs;
}

/** A retry notifies nobody: who sleeps has to wake by himself when it is due. */
function sleepUntilRetry<R extends MachineRecord>(
  intake: Intake,
  outputs: readonly Output<R>[],
  options: MachineOptions,
  nowMs: number,
): Intake {
  if (intake.mode !== 'asleep') return intake;
  const delaysMs = outputs.map((output) => (output.type === 'retry' ? output.delayMs : Infinity));
  return { ...intake, atMs: Math.min(intake.atMs, nowMs + Math.min(...delaysMs) + options.lingerMs) };
}

/** Begins to drain: what waits is given back, no read or invocation follows. */
function stopping<R extends MachineRecord>(state: MachineState<R>, outputs: Output<R>[]): MachineState<R> {
  if (state.phase !== 'running') return state;
  const waiting = [...state.lanes.values()].flat().map(({ record }) => record);
  if (waiting.length > 0) outputs.push({ type: 'giveBack', records: waiting });
  if (state.intake.mode === 'asleep' || (state.intake.mode === 'reading' && state.intake.asleep !== undefined)) {
    outputs.push({ type: 'disarm' });
  }
  const intake = state.intake.mode === 'reading' ? state.intake : ({ mode: 'closed' } as const);
  return { ...state, phase: 'stopping', lanes: new Map(), intake };
}

function applied<R extends MachineRecord>(
  before: MachineState<R>,
  input: Input<R>,
  options: MachineOptions,
  env: Env,
  outputs: Output<R>[],
): MachineState<R> {
  let state = before;
  if (state.phase === 'stopped') {
    // An answer that comes after giving up: what it brought is still handed on, nothing else.
    if (input.type === 'records' && input.records.length > 0)
      outputs.push({ type: 'giveBack', records: input.records });
    return state;
  }
  if (input.type === 'start' && state.phase === 'running' && state.intake.mode === 'closed') {
    return { ...state, intake: { mode: 'awake' } };
  }
  if (input.type === 'records') {
    const { lanes, outputs: made } = received(state, input.records, options, env.nowMs);
    outputs.push(...made);
    state = { ...state, lanes };
  }
  const records = input.type === 'settled' ? state.inFlight.get(input.batch) : undefined;
  if (input.type === 'settled' && records !== undefined) {
    outputs.push(...settled(records, input.failures, options, env));
    const inFlight = new Map(state.inFlight);
    inFlight.delete(input.batch);
    state = { ...state, inFlight, intake: sleepUntilRetry(state.intake, outputs, options, env.nowMs) };
  }
  if (state.phase === 'running') {
    const next = intakeAfter(state, input, options, env);
    outputs.push(...next.outputs);
    const readFailures = input.type === 'readFailed' ? state.readFailures + 1 : state.readFailures;
    state = { ...state, intake: next.intake, readFailures: input.type === 'records' ? 0 : readFailures };
  }
  if (input.type === 'stop') state = stopping(state, outputs);
  return state.phase === 'stopping' ? drained(state, input, outputs) : state;
}

/** While draining: the last read is answered and every invocation settled, or given up on; then it is over. */
function drained<R extends MachineRecord>(
  state: MachineState<R>,
  input: Input<R>,
  outputs: Output<R>[],
): MachineState<R> {
  const answered = input.type === 'records' || input.type === 'readFailed';
  const reading = state.intake.mode === 'reading' && !answered;
  const unsettled = [...state.inFlight.values()].flat();
  if (input.type !== 'abandon' && (reading || unsettled.length > 0)) {
    return reading ? state : { ...state, intake: { mode: 'closed' } };
  }
  outputs.push({ type: 'stopped', unsettled });
  return { ...state, phase: 'stopped', intake: { mode: 'closed' }, inFlight: new Map() };
}

/** Starts every batch that is due while invocations are free. */
function dispatched<R extends MachineRecord>(
  before: MachineState<R>,
  options: MachineOptions,
  env: Env,
  outputs: Output<R>[],
): MachineState<R> {
  let state = before;
  const late = takeTooLate(state.lanes, options, env.nowMs);
  if (late.records.length > 0) outputs.push({ type: 'giveBack', records: late.records });
  state = { ...state, lanes: late.lanes };
  while (state.inFlight.size < options.maximumConcurrency) {
    const due = takeDueBatch(state.lanes, options, env.nowMs);
    if (due === undefined) break;
    outputs.push({ type: 'invoke', batch: state.nextBatch, records: due.records });
    const inFlight = new Map(state.inFlight).set(state.nextBatch, due.records);
    state = { ...state, lanes: due.lanes, inFlight, nextBatch: state.nextBatch + 1 };
  }
  return state;
}

function tickAt<R extends MachineRecord>(
  state: MachineState<R>,
  options: MachineOptions,
  nowMs: number,
): number | undefined {
  const laneMs = nextLaneMs(state, options, nowMs);
  const intakeMs = 'atMs' in state.intake ? Math.max(nowMs, state.intake.atMs) : undefined;
  if (laneMs === undefined || intakeMs === undefined) return laneMs ?? intakeMs;
  return Math.min(laneMs, intakeMs);
}

/**
 * One step of a pgmq event source mapping: what was reported goes in, what is to be done comes out. Pure: same state,
 * input, time and chance give the same step; nothing is read, written or waited for here.
 */
export function step<R extends MachineRecord>(
  before: MachineState<R>,
  input: Input<R>,
  options: MachineOptions,
  env: Env,
): Step<R> {
  const outputs: Output<R>[] = [];
  let state = applied(before, input, options, env, outputs);
  if (state.phase === 'running') {
    state = dispatched(state, options, env, outputs);
    const read = nextRead(state, options, env.nowMs);
    outputs.push(...read.outputs);
    state = { ...state, intake: read.intake };
  }
  return { state, outputs, tickAtMs: state.phase === 'running' ? tickAt(state, options, env.nowMs) : undefined };
}
