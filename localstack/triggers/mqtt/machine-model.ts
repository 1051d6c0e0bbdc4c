import type { Failure } from '../event-source.ts';
import { createMachine } from './machine.ts';
import type { Input, Machine, MachineOptions, MachineRecord, Output } from './machine-types.ts';

/** A message as the model's broker delivers it; `key` is the same when it is delivered again. */
export interface ModelRecord extends MachineRecord {
  readonly key: number;
}

export type CreateMachine = (options: MachineOptions, random: () => number) => Machine<ModelRecord>;
export const realMachine: CreateMachine = (options, random) => createMachine<ModelRecord>(options, random);

/** What happens to the machine from outside; indices choose among what is possible at that point. */
export type Action =
  | {
      readonly type: 'send';
      readonly qos: 0 | 1;
      readonly count: number;
      readonly refused?: 'too_large' | 'retained' | undefined;
    }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'settle'; readonly index: number; readonly how: 'succeeds' | 'fails' | 'retriable' }
  | { readonly type: 'publish'; readonly index: number; readonly confirmed: boolean }
  | { readonly type: 'lose' }
  | { readonly type: 'connect'; readonly resumed: boolean }
  | { readonly type: 'stop' }
  | { readonly type: 'abandon' };

export interface Scenario {
  readonly options: MachineOptions;
  /** QoS 1 messages that the broker sends without an acknowledgement. */
  readonly window: number;
  readonly actions: readonly Action[];
  readonly chance: number;
}

export interface Moment {
  readonly nowMs: number;
  readonly input: Input<ModelRecord>;
  readonly outputs: readonly Output<ModelRecord>[];
  readonly counts: ReturnType<Machine<ModelRecord>['counts']>;
}

export interface Trace {
  readonly scenario: Scenario;
  readonly moments: readonly Moment[];
  readonly stopped: boolean;
}

const FAILURE: Failure = { code: 'Refused', name: 'Refused', message: 'refused by the model' };
const END_STEPS_MAX = 600;

/** Runs a scenario against a broker that keeps to MQTT, then lets everything that is outstanding end well. */
export function play(scenario: Scenario, create: CreateMachine): Trace {
  const { options, window } = scenario;
  const machine = create(options, () => scenario.chance);
  const moments: Moment[] = [];
  /** The broker's side: what it holds for the session, and what of it is sent and not acknowledged. */
  let held: { key: number; qos: 0 | 1; refused?: 'too_large' | 'retained' | undefined }[] = [];
  let unacknowledged = new Map<number, (typeof held)[number]>();
  const running: ModelRecord[] = [];
  const publishing: ModelRecord[] = [];
  let nowMs = 0;
  let keys = 0;
  let ids = 0;
  let connection = 0;
  let up = false;
  let paused = false;
  let stopped = false;
  let delivering = false;

  function report(input: Input<ModelRecord>): void {
    const outputs = [...machine.step(input, nowMs)];
    moments.push({ nowMs, input, outputs, counts: machine.counts() });
    for (const output of outputs) {
      if (output.type === 'invoke') running.push(output.record);
      if (output.type === 'publishFailure') publishing.push(output.record);
      if (output.type === 'ack' && output.record.connection === connection) unacknowledged.delete(output.record.key);
      if (output.type === 'pause') paused = true;
      if (output.type === 'resume') paused = false;
    }
    deliver();
  }

  function deliver(): void {
    if (delivering) return;
    delivering = true;
    while (up && !paused) {
      const at = held.findIndex(({ qos }) => qos === 0 || unacknowledged.size < window);
      const [message] = at < 0 ? [] : held.splice(at, 1);
      if (message === undefined) break;
      if (message.qos === 1) unacknowledged.set(message.key, message);
      ids += 1;
      const { key, qos, refused } = message;
      report({ type: 'message', record: { id: ids, key, qos, connection, ...(refused ? { refused } : {}) } });
    }
    delivering = false;
  }

  function connect(resumed: boolean): void {
    if (up) return;
    up = true;
    paused = false;
    connection += 1;
    const kept = resumed && options.persistent;
    held = kept ? [...unacknowledged.values(), ...held] : [];
    unacknowledged = new Map();
    report({ type: 'connected', connection, resumed: kept });
    deliver();
  }

  function lose(): void {
    if (!up) return;
    up = false;
    report({ type: 'lost' });
    for (const { id } of publishing.splice(0)) report({ type: 'publishFailed', id });
  }

  function send({ qos, count, refused }: Action & { type: 'send' }): void {
    for (let left = count; left > 0; left -= 1) {
      // A clean session is not kept for whoever is away, and QoS 0 is not either.
      if (!up && (qos === 0 || !options.persistent)) continue;
      keys += 1;
      held.push({ key: keys, qos, refused });
      deliver();
    }
  }

  function settle(index: number, how: 'succeeds' | 'fails' | 'retriable'): void {
    const [record] = running.splice(index % Math.max(1, running.length), 1);
    if (record === undefined) return;
    const failure = how === 'retriable' ? { ...FAILURE, retriable: true as const } : FAILURE;
    report({ type: 'settled', id: record.id, ...(how === 'succeeds' ? {} : { failure }) });
  }

  function confirm(index: number, confirmed: boolean): void {
    // The answer comes over the connection, which must be read.
    if (!up || paused) return;
    const [record] = publishing.splice(index % Math.max(1, publishing.length), 1);
    if (record !== undefined) report({ type: confirmed ? 'published' : 'publishFailed', id: record.id });
  }

  function advance(ms: number): void {
    const untilMs = nowMs + ms;
    for (let ticks = 0; ticks < END_STEPS_MAX; ticks += 1) {
      const tickMs = machine.nextTickMs();
      if (tickMs === undefined || tickMs > untilMs) break;
      nowMs = Math.max(nowMs, tickMs);
      report({ type: 'tick' });
    }
    nowMs = untilMs;
  }

  connect(false);
  for (const action of scenario.actions) {
    if (action.type === 'send') send(action);
    if (action.type === 'advance') advance(action.ms);
    if (action.type === 'settle') settle(action.index, action.how);
    if (action.type === 'publish') confirm(action.index, action.confirmed);
    if (action.type === 'lose') lose();
    if (action.type === 'connect') connect(action.resumed);
    if (action.type === 'stop' || action.type === 'abandon') {
      stopped = true;
      report({ type: action.type });
    }
  }
  for (let steps = 0; steps < END_STEPS_MAX; steps += 1) {
    const { inFlight, waiting } = machine.counts();
    if (inFlight + waiting + running.length + publishing.length + held.length === 0) break;
    connect(true);
    settle(0, 'succeeds');
    confirm(0, true);
    const tickMs = machine.nextTickMs();
    if (tickMs !== undefined) advance(Math.max(0, tickMs - nowMs));
  }
  return { scenario, moments, stopped };
}
