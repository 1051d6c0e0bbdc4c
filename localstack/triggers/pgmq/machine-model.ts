import type { BatchFailures } from '../batch-response.ts';
import { initialState, step } from './machine.ts';
import type { Env, Input, MachineOptions, MachineRecord, MachineState, Output, Step } from './machine-types.ts';

/** A record as the model's queue hands it out; `read` tells this reading of the message from every other. */
export interface ModelRecord extends MachineRecord {
  readonly read: number;
}

export type StepFunction = (
  state: MachineState<ModelRecord>,
  input: Input<ModelRecord>,
  options: MachineOptions,
  env: Env,
) => Step<ModelRecord>;

export const realStep: StepFunction = (state, input, options, env) => step(state, input, options, env);

interface Message {
  readonly id: string;
  readonly bytes: number;
  readonly filtered: boolean;
  visibleAtMs: number;
  readCount: number;
  lastRead: number;
}

/** What happens to the machine from outside; indices choose among what is possible at that point. */
export type Action =
  | { readonly type: 'send'; readonly bytes: number; readonly filtered: boolean; readonly count: number }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'answer'; readonly fails: boolean }
  | { readonly type: 'settle'; readonly index: number; readonly failing: readonly boolean[] | 'all' }
  | { readonly type: 'wake' }
  | { readonly type: 'stop' }
  | { readonly type: 'abandon' };

export interface Scenario {
  readonly options: MachineOptions;
  readonly visibilityMs: number;
  readonly actions: readonly Action[];
  readonly chance: number;
}

export interface Moment {
  readonly nowMs: number;
  readonly input: Input<ModelRecord>;
  readonly outputs: readonly Output<ModelRecord>[];
  readonly state: MachineState<ModelRecord>;
  readonly tickAtMs: number | undefined;
}

export interface Trace {
  readonly scenario: Scenario;
  readonly moments: readonly Moment[];
  /** Messages still in the model's queue at the end. */
  readonly left: number;
  readonly stopped: boolean;
}

const FAILURE = { code: 'Refused', name: 'Refused', message: 'refused by the model' };
const DRAIN_STEPS_MAX = 400;

/** Runs a scenario against a queue that behaves as pgmq does, then lets everything that is outstanding end well. */
export function play(scenario: Scenario, stepFunction: StepFunction): Trace {
  const { options, visibilityMs } = scenario;
  const moments: Moment[] = [];
  const queue = new Map<string, Message>();
  const inFlight = new Map<number, readonly ModelRecord[]>();
  let state = initialState<ModelRecord>();
  let nowMs = 0;
  let reads = 0;
  let sent = 0;
  let asked: number | undefined;
  let arming = false;
  let tickAtMs: number | undefined;
  let stopped = false;

  const newest = (record: ModelRecord) => {
    const message = queue.get(record.id);
    return message?.lastRead === record.read ? message : undefined;
  };

  function perform(output: Output<ModelRecord>): void {
    if (output.type === 'read') asked = output.count;
    if (output.type === 'arm') arming = true;
    if (output.type === 'invoke') inFlight.set(output.batch, output.records);
    if (output.type === 'delete') for (const record of output.records) queue.delete(record.id);
    if (output.type === 'deadLetter' && newest(output.record)) queue.delete(output.record.id);
    if (output.type === 'retry') {
      const message = newest(output.record);
      if (message) message.visibleAtMs = nowMs + output.delayMs;
    }
    if (output.type === 'giveBack') {
      for (const message of output.records.map(newest)) {
        if (!message) continue;
        message.visibleAtMs = nowMs;
        message.readCount -= 1;
      }
    }
  }

  function report(input: Input<ModelRecord>): void {
    const next = stepFunction(state, input, options, { nowMs, random: () => scenario.chance });
    state = next.state;
    tickAtMs = next.tickAtMs;
    moments.push({ nowMs, input, outputs: next.outputs, state, tickAtMs });
    for (const output of next.outputs) perform(output);
  }

  function answer(fails: boolean): void {
    if (asked === undefined) return;
    const count = asked;
    asked = undefined;
    if (fails) {
      report({ type: 'readFailed' });
      return;
    }
    const visible = [...queue.values()].filter((message) => message.visibleAtMs <= nowMs).slice(0, count);
    const records = visible.map((message): ModelRecord => {
      reads += 1;
      Object.assign(message, { readCount: message.readCount + 1, lastRead: reads, visibleAtMs: nowMs + visibilityMs });
      const { id, bytes, filtered, readCount: attempt } = message;
      return { id, bytes, filtered, attempt, read: reads, visibleUntilMs: nowMs + visibilityMs };
    });
    const hidden = [...queue.values()].map((message) => message.visibleAtMs - nowMs).filter((ms) => ms > 0);
    const nextVisibleInMs = hidden.length > 0 && records.length === 0 ? Math.min(...hidden) : undefined;
    report({ type: 'records', records, nextVisibleInMs });
  }

  function settle(index: number, failing: readonly boolean[] | 'all'): void {
    const batches = [...inFlight.keys()];
    const batch = batches[index % Math.max(1, batches.length)];
    if (batch === undefined) return;
    const records = inFlight.get(batch) ?? [];
    inFlight.delete(batch);
    const failures: BatchFailures =
      failing === 'all'
        ? { type: 'all', failure: FAILURE }
        : { type: 'listed', failures: new Map(records.filter((_, at) => failing[at]).map(({ id }) => [id, FAILURE])) };
    report({ type: 'settled', batch, failures });
  }

  function advance(ms: number): void {
    const untilMs = nowMs + ms;
    // Ticks are delivered when asked for; a machine that asks for one at the same moment over and over is cut short.
    for (let ticks = 0; tickAtMs !== undefined && tickAtMs <= untilMs && ticks < DRAIN_STEPS_MAX; ticks += 1) {
      nowMs = Math.max(nowMs, tickAtMs);
      report({ type: 'tick' });
    }
    nowMs = untilMs;
  }

  function arm(): void {
    if (!arming) return;
    arming = false;
    report({ type: 'armed' });
  }

  report({ type: 'start' });
  for (const action of scenario.actions) {
    arm();
    if (action.type === 'send') {
      for (let left = action.count; left > 0; left -= 1) {
        sent += 1;
        const { bytes, filtered } = action;
        queue.set(String(sent), { id: String(sent), bytes, filtered, visibleAtMs: nowMs, readCount: 0, lastRead: 0 });
      }
    }
    if (action.type === 'advance') advance(action.ms);
    if (action.type === 'answer') answer(action.fails);
    if (action.type === 'settle') settle(action.index, action.failing);
    if (action.type === 'wake') report({ type: 'woken' });
    if (action.type === 'stop') report({ type: 'stop' });
    if (action.type === 'abandon') report({ type: 'abandon' });
    if (action.type === 'stop') stopped = true;
  }
  for (let steps = 0; steps < DRAIN_STEPS_MAX && (queue.size > 0 || inFlight.size > 0 || asked); steps += 1) {
    arm();
    answer(false);
    settle(0, []);
    if (tickAtMs !== undefined) advance(Math.max(0, tickAtMs - nowMs));
    if (stopped && inFlight.size === 0 && asked === undefined) break;
  }
  return { scenario, moments, left: queue.size, stopped };
}
