import { createPublisherMachine } from './machine.ts';
import type { Machine, MachineOptions, Output } from './machine-types.ts';
import { MESSAGE_BYTES_MAX, type Scenario } from './test-machine-scenarios.ts';

/** A message of the tests: its number in the order of publishing, and its size. */
export interface Sample {
  readonly key: number;
  readonly length: number;
}

export type CreateMachine = (options: MachineOptions) => Machine<Sample>;
export const realMachine: CreateMachine = (options) => createPublisherMachine<Sample>(options);

export const TAG = 7;
export const CAP = 12;
const CAP_BYTES = 200;
const STALLED_MS = 50;

type Ending = Extract<Output<Sample>, { type: 'stored' | 'failed' }>;
export interface Publish {
  readonly keys: readonly number[];
  readonly deadlineMs: number;
  readonly endings: Ending[];
  endedMs: number;
}
interface Sent {
  readonly id: bigint;
  readonly key: number;
  readonly connection: number;
  readonly atMs: number;
}
/** What there was to see of a run. */
export interface Trace {
  readonly scenario: Scenario;
  readonly publishes: Publish[];
  /** In the order of sending, over all connections. */
  readonly sends: Sent[];
  /** Keys that wait for their ending, in order, each time a connection came up; and what was sent at once. */
  readonly resends: { readonly due: readonly number[]; readonly sent: readonly number[] }[];
  /** In the order in the stream. */
  readonly log: number[];
  readonly confirmed: Set<number>;
  readonly conflicts: bigint[];
  inFlightMax: number;
  /** Sent on one connection, and not answered; the most there were. */
  openMax: number;
  drained: number;
  lateMs: number;
}

/** Plays a scenario against a broker as it is: in order, deduplicating by name, losing what is on its way when the link ends. */
export function play(scenario: Scenario, create: CreateMachine): Trace {
  const options = { inFlightMax: CAP, inFlightBytesMax: CAP_BYTES, stalledMs: STALLED_MS, tag: TAG };
  const machine = create(options);
  const trace: Trace = {
    scenario,
    publishes: [],
    sends: [],
    resends: [],
    log: [],
    confirmed: new Set(),
    conflicts: [],
    inFlightMax: 0,
    openMax: 0,
    drained: 0,
    lateMs: 0,
  };
  const broker = { sequence: scenario.sequence };
  const keyOf = (id: bigint) => trace.sends.findLast((one) => one.id === id)?.key;
  let nowMs = 0;
  let connection = 0;
  let isUp = false;
  let leaving = false;
  let nextKey = 0;
  let onWay: { id: bigint; key: number }[] = [];
  let confirms: bigint[] = [];
  const open = new Set<bigint>();

  const down = (): void => {
    if (!isUp) return;
    isUp = false;
    onWay = [];
    confirms = [];
    open.clear();
    step({ type: 'disconnected' });
  };
  const step = (input: Parameters<Machine<Sample>['step']>[0]): void => {
    for (const output of machine.step(input, nowMs)) {
      if (output.type === 'send') {
        for (const { id, message } of output.messages) {
          trace.sends.push({ id, key: message.key, connection, atMs: nowMs });
          onWay.push({ id, key: message.key });
          open.add(id);
        }
      } else if (output.type === 'stored' || output.type === 'failed') {
        const publish = trace.publishes[output.batch];
        publish?.endings.push(output);
        if (publish !== undefined) publish.endedMs = nowMs;
      } else if (output.type === 'nameConflict') trace.conflicts.push(output.sequence);
      else if (output.type === 'drained') trace.drained += 1;
      else leaving = true;
    }
    trace.openMax = Math.max(trace.openMax, open.size);
    trace.inFlightMax = Math.max(trace.inFlightMax, machine.counts().inFlight);
  };
  const settleLeaving = (): void => {
    if (!leaving) return;
    leaving = false;
    down();
  };
  const up = (): void => {
    if (isUp) return;
    isUp = true;
    connection += 1;
    const due = trace.publishes.filter(({ endings }) => endings.length === 0).flatMap(({ keys }) => keys);
    const before = trace.sends.length;
    const sequence = scenario.named ? broker.sequence : undefined;
    step({ type: 'connected', messageBytesMax: MESSAGE_BYTES_MAX, sequence });
    const stillDue = new Set(trace.publishes.filter(({ endings }) => endings.length === 0).flatMap(({ keys }) => keys));
    const sent = trace.sends.slice(before).map(({ key }) => key);
    trace.resends.push({ due: due.filter((key) => stillDue.has(key) && !trace.confirmed.has(key)), sent });
  };
  const arrive = (count: number): void => {
    for (const { id, key } of onWay.splice(0, count)) {
      const isRepeated = scenario.named && id <= broker.sequence;
      if (!isRepeated) trace.log.push(key);
      if (scenario.named && id > broker.sequence) broker.sequence = id;
      confirms.push(id);
    }
  };
  const confirm = (count: number): void => {
    for (const id of confirms.splice(0, count)) {
      const key = keyOf(id);
      if (key !== undefined) trace.confirmed.add(key);
      open.delete(id);
      step({ type: 'confirmed', id });
    }
  };
  const wait = (ms: number): void => {
    const untilMs = nowMs + ms;
    for (;;) {
      const dueMs = machine.nextTickMs();
      if (dueMs === undefined || dueMs > untilMs) break;
      nowMs = Math.max(nowMs, dueMs);
      step({ type: 'tick' });
      settleLeaving();
    }
    nowMs = untilMs;
    for (const { deadlineMs, endings } of trace.publishes) {
      if (endings.length === 0) trace.lateMs = Math.max(trace.lateMs, nowMs - deadlineMs);
    }
  };

  for (const action of scenario.actions) {
    switch (action.do) {
      case 'publish': {
        const messages = action.sizes.map((length) => {
          nextKey += 1;
          return { key: nextKey, length };
        });
        const publish = {
          keys: messages.map(({ key }) => key),
          deadlineMs: nowMs + action.withinMs,
          endings: [],
          endedMs: 0,
        };
        const batch = trace.publishes.push(publish) - 1;
        step({ type: 'publish', batch, messages, deadlineMs: publish.deadlineMs });
        break;
      }
      case 'connect':
        up();
        break;
      case 'disconnect':
        down();
        break;
      case 'arrive':
        arrive(action.count);
        break;
      case 'confirm':
        confirm(action.count);
        break;
      case 'refuse': {
        const [one] = onWay.splice(0, 1);
        if (one === undefined) break;
        // What the broker has confirmed before is on its way before the refusal.
        confirm(confirms.length);
        open.delete(one.id);
        step({ type: 'refused', id: one.id });
        break;
      }
      case 'cancel':
        step({ type: 'cancel', batch: trace.publishes.length - 1 });
        break;
      case 'sequence':
        if (scenario.named && isUp) step({ type: 'sequence', sequence: broker.sequence });
        break;
      case 'wait':
        wait(action.ms);
    }
    settleLeaving();
  }
  // In the end all goes well: what still waits has to get its ending.
  step({ type: 'close' });
  up();
  arrive(onWay.length);
  confirm(confirms.length);
  wait(2_000);
  return trace;
}
