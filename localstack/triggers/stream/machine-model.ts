import type { BatchFailures } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import { createMachine } from './machine.ts';
import type { Input, Machine, MachineOptions, MachineRecord, Output } from './machine-types.ts';

export type CreateMachine = (options: MachineOptions, random: () => number) => Machine<MachineRecord>;
export const realMachine: CreateMachine = (options, random) => createMachine<MachineRecord>(options, random);

/** How a handler ends; `partial` lists records by their place in the batch, `unknown` one that is not in it. */
export type Ending =
  | { readonly how: 'succeeds' | 'throws' | 'retriable' | 'unknown' }
  | { readonly how: 'partial' | 'refuses'; readonly places: readonly number[] };

/** What happens to the machine from outside; indices choose among what is possible at that point. */
export type Action =
  | {
      readonly type: 'append';
      readonly records: readonly {
        readonly key: string;
        readonly bytes: number;
        readonly gap: number;
        readonly kind: 'plain' | 'filtered' | 'undecodable';
        readonly agedMs: number;
        readonly passable: boolean;
      }[];
    }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'settle'; readonly index: number; readonly ending: Ending }
  | { readonly type: 'answerSend'; readonly index: number; readonly confirmed: boolean }
  | { readonly type: 'answerStore'; readonly stored: boolean }
  /** `back`: how many records before the stored checkpoint the broker begins, as it does within a chunk. */
  | { readonly type: 'activate'; readonly back: number }
  | { readonly type: 'deactivate' }
  | { readonly type: 'release' }
  | { readonly type: 'stop' }
  | { readonly type: 'abandon' };

export interface Scenario {
  readonly options: MachineOptions;
  /** Records that come at once, whether reading is paused by the first of them or not. */
  readonly chunk: number;
  readonly actions: readonly Action[];
  readonly chance: number;
}

interface Moment {
  readonly nowMs: number;
  readonly input: Input<MachineRecord>;
  readonly outputs: readonly Output<MachineRecord>[];
  readonly counts: ReturnType<Machine<MachineRecord>['counts']>;
}

export interface Trace {
  readonly scenario: Scenario;
  readonly moments: readonly Moment[];
  readonly log: readonly MachineRecord[];
  readonly stopped: boolean;
  /** Everything outstanding was answered well at the end, with the partition active, or stopped. */
  readonly settled: boolean;
}

const FAILURE: Failure = { code: 'Refused', name: 'Refused', message: 'refused by the model' };
const END_STEPS_MAX = 1_500;

function failuresOf(records: readonly MachineRecord[], ending: Ending): BatchFailures {
  if (ending.how === 'throws') return { type: 'all', failure: FAILURE };
  if (ending.how === 'retriable') return { type: 'all', failure: { ...FAILURE, retriable: true } };
  if (ending.how === 'unknown') return { type: 'listed', failures: new Map([['unknown', FAILURE]]) };
  const places = 'places' in ending ? ending.places : [];
  const listed = places.flatMap((place) => records[place % records.length] ?? []);
  // Of those refused, the last place listed is a failure of the other kind now and then.
  const failureAt = (index: number): Failure =>
    ending.how === 'refuses' && index < 2 ? { ...FAILURE, permanent: true } : FAILURE;
  return { type: 'listed', failures: new Map(listed.map(({ offset }, index) => [String(offset), failureAt(index)])) };
}

/** Runs a scenario against a stream and its broker, then lets everything that is outstanding end well. */
export function play(scenario: Scenario, create: CreateMachine): Trace {
  const { options, chunk } = scenario;
  const machine = create(options, () => scenario.chance);
  const moments: Moment[] = [];
  const log: MachineRecord[] = [];
  const running: { batch: number; records: readonly MachineRecord[] }[] = [];
  let sending: number[] = [];
  let storing: { store: number; offset: bigint }[] = [];
  let nowMs = 0;
  let offset = 0n;
  let at = 0;
  let stored = 0n;
  let active = false;
  let paused = false;
  let stopped = false;

  function report(input: Input<MachineRecord>): void {
    const outputs = [...machine.step(input, nowMs)];
    moments.push({ nowMs, input, outputs, counts: machine.counts() });
    for (const output of outputs) {
      if (output.type === 'invoke') running.push(output);
      if (output.type === 'sendToDestination') sending.push(output.send);
      if (output.type === 'storeCheckpoint') storing.push(output);
      if (output.type === 'pause') paused = true;
      if (output.type === 'resume') paused = false;
      if (output.type === 'released') moved();
    }
  }

  function moved(): void {
    active = false;
    // Answers to these never come; those to invocations do.
    [sending, storing] = [[], []];
  }

  function deliver(): void {
    while (active && !paused && at < log.length) {
      const records = log.slice(at, at + chunk);
      at += records.length;
      report({ type: 'records', records });
    }
  }

  function append({ records }: Action & { type: 'append' }): void {
    for (const { key, bytes, gap, kind, agedMs, passable } of records) {
      offset += BigInt(gap);
      const [filtered, undecodable] = [kind === 'filtered', kind === 'undecodable'];
      log.push({ offset, key, bytes, timestampMs: nowMs - agedMs, passable, filtered, undecodable });
      offset += 1n;
    }
  }

  function activate(back: number): void {
    active = true;
    paused = false;
    const from = log.findIndex((record) => record.offset >= stored);
    at = Math.max(0, (from < 0 ? log.length : from) - back);
    report({ type: 'activated', fromOffset: stored });
  }

  function settle(index: number, ending: Ending): void {
    const [ended] = running.splice(index % Math.max(1, running.length), 1);
    if (ended === undefined) return;
    report({ type: 'settled', batch: ended.batch, failures: failuresOf(ended.records, ending) });
  }

  function answerSend(index: number, confirmed: boolean): void {
    const [send] = sending.splice(index % Math.max(1, sending.length), 1);
    if (send !== undefined) report({ type: confirmed ? 'sent' : 'sendFailed', send });
  }

  function answerStore(isStored: boolean): void {
    const asked = storing.shift();
    if (asked === undefined) return;
    if (isStored) stored = asked.offset;
    report({ type: isStored ? 'checkpointStored' : 'checkpointFailed', store: asked.store });
  }

  function advance(ms: number): void {
    const untilMs = nowMs + ms;
    for (let ticks = 0; ticks < END_STEPS_MAX; ticks += 1) {
      const tickMs = machine.nextTickMs();
      if (tickMs === undefined || tickMs > untilMs) break;
      nowMs = Math.max(nowMs, tickMs);
      report({ type: 'tick' });
      deliver();
    }
    nowMs = untilMs;
  }

  function act(action: Action): void {
    if (action.type === 'append') append(action);
    if (action.type === 'advance') advance(action.ms);
    if (action.type === 'settle') settle(action.index, action.ending);
    if (action.type === 'answerSend') answerSend(action.index, action.confirmed);
    if (action.type === 'answerStore') answerStore(action.stored);
    if (action.type === 'activate' && !active) activate(action.back);
    if (action.type === 'deactivate' && active) {
      moved();
      report({ type: 'deactivated' });
    }
    if (action.type === 'release' && active) report({ type: 'release' });
    if (action.type === 'stop' || action.type === 'abandon') {
      stopped = true;
      report({ type: action.type });
    }
    deliver();
  }

  act({ type: 'activate', back: 0 });
  for (const action of scenario.actions) act(action);
  if (!stopped) act({ type: 'activate', back: 0 });
  let settled = false;
  for (let steps = 0; steps < END_STEPS_MAX && !settled; steps += 1) {
    if (!stopped) act({ type: 'activate', back: 0 });
    settle(0, { how: 'succeeds' });
    answerSend(0, true);
    answerStore(true);
    deliver();
    const tickMs = machine.nextTickMs();
    if (tickMs !== undefined) advance(Math.max(0, tickMs - nowMs));
    const isIdle = running.length + sending.length + storing.length === 0 && machine.nextTickMs() === undefined;
    settled = isIdle && (stopped || (active && at === log.length));
  }
  return { scenario, moments, log, stopped, settled };
}
