import fc from 'fast-check';
import { type BatchFailures, NOTHING_FAILED } from '../batch-response.ts';
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
    if (fails) return report({ type: 'readFailed' });
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

export { NOTHING_FAILED };

const BYTES_MAX = 40;
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      bytes: fc.integer({ min: 1, max: BYTES_MAX }),
      filtered: fc.boolean().map((filtered) => filtered),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 1_500 }) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('answer' as const), fails: fc.integer({ max: 9, min: 0 }).map((n) => n === 0) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('settle' as const),
      index: fc.nat(5),
      failing: fc.oneof(fc.constant('all' as const), fc.array(fc.boolean(), { maxLength: 5 })),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'wake' as const }) },
);

/** Scenarios of small sizes, where batches, windows and attempts meet often; half of them are stopped at some point. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    batchBytesMax: fc.constantFrom(60, 100, 10_000),
    windowMs: fc.constantFrom(0, 0, 300, 1_000),
    maximumConcurrency: fc.integer({ min: 1, max: 3 }),
    maximumAttempts: fc.constantFrom(1, 2, 3, 4, Infinity),
    invocationMs: fc.constantFrom(500, 2_000),
    slackMs: fc.constantFrom(0, 1_000, 30_000),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    actions: fc.array(actions, { maxLength: 60 }),
    ending: fc.constantFrom<readonly Action[]>([], [], [{ type: 'stop' }], [{ type: 'stop' }, { type: 'abandon' }]),
    afterwards: fc.array(actions, { maxLength: 10 }),
  })
  .map(({ slackMs, chance, actions: before, ending, afterwards, ...options }) => ({
    options: {
      ...options,
      retryDelay: { minimumMs: 10, maximumMs: 500 },
      readMax: 12,
      lingerMs: 5,
      rereadDelaysMs: [10, 50, 200],
      pollMs: 1_000,
      reconnectDelay: { minimumMs: 100, maximumMs: 1_000 },
    },
    visibilityMs: options.invocationMs + options.windowMs + slackMs,
    actions: [...before, ...ending, ...(ending.length > 0 ? afterwards : [])],
    chance,
  }));
