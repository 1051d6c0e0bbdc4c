import { type CreateMachine, type ModelRecord, realMachine } from './machine-model.ts';
import type { Input, MachineOptions, Output } from './machine-types.ts';

type Made = Output<ModelRecord>;

/** Breaks one thing in what the machine puts out. */
const changing =
  (change: (made: Made, index: number, all: readonly Made[]) => readonly Made[]): CreateMachine =>
  (options, random) => {
    const machine = realMachine(options, random);
    return { ...machine, step: (input, nowMs) => machine.step(input, nowMs).flatMap(change) };
  };
const hearing =
  (change: (input: Input<ModelRecord>) => Input<ModelRecord>): CreateMachine =>
  (options, random) => {
    const machine = realMachine(options, random);
    return { ...machine, step: (input, nowMs) => machine.step(change(input), nowMs) };
  };
const withOptions =
  (change: (options: MachineOptions) => Partial<MachineOptions>): CreateMachine =>
  (options, random) =>
    realMachine({ ...options, ...change(options) }, random);

/** Acknowledges whatever succeeded at once, as an MQTT client does that does not wait for earlier handlers. */
const eager: CreateMachine = (options, random) => {
  const machine = realMachine(options, random);
  return {
    ...machine,
    step: (input, nowMs) =>
      machine.step(input, nowMs).flatMap((made): Made[] => {
        if (made.type === 'ack') return [];
        const now = made.type === 'finished' && made.record.qos === 1 && made.fate !== 'left';
        return now ? [made, { type: 'ack', record: made.record }] : [made];
      }),
  };
};

/** Begins some messages after those behind them. */
const late: CreateMachine = (options, random) => {
  const machine = realMachine(options, random);
  let kept: Made[] = [];
  return {
    ...machine,
    step(input, nowMs) {
      const made = machine.step(input, nowMs);
      const isKept = (output: Made) => output.type === 'invoke' && output.attempt === 1 && output.record.id % 3 === 0;
      const now = [...made.filter((output) => !isKept(output)), ...kept];
      kept = made.filter(isKept);
      return now;
    },
  };
};

/** Small variations of the machine, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; create: CreateMachine }> = {
  'acknowledges when it invokes': {
    breaks:
      'QoS 1 is acknowledged only after a success, a confirmed failure message, a refusal, or giving up without a failure topic',
    create: changing((made) => (made.type === 'invoke' ? [{ type: 'ack', record: made.record }, made] : [made])),
  },
  'acknowledges before the failure message is confirmed': {
    breaks:
      'QoS 1 is acknowledged only after a success, a confirmed failure message, a refusal, or giving up without a failure topic',
    create: changing((made) =>
      made.type === 'publishFailure' ? [made, { type: 'ack', record: made.record }] : [made],
    ),
  },
  'acknowledges in the order of success': {
    breaks: 'acknowledgements go back on their own live connection, once, in the order of arrival',
    create: eager,
  },
  'forgets an acknowledgement': {
    breaks: 'what succeeded is acknowledged when its connection lasts',
    create: changing((made) => (made.type === 'ack' && made.record.id % 3 === 0 ? [] : [made])),
  },
  'forgets a fate': {
    breaks: 'every message has exactly one fate',
    create: changing((made) => (made.type === 'finished' && made.fate === 'left' ? [] : [made])),
  },
  'counts a success twice': {
    breaks: 'every message has exactly one fate',
    create: changing((made) => (made.type === 'finished' && made.fate === 'succeeded' ? [made, made] : [made])),
  },
  'runs one invocation too many': {
    breaks: 'never more than maximumConcurrency in flight',
    create: withOptions(({ maximumConcurrency }) => ({ maximumConcurrency: maximumConcurrency + 1 })),
  },
  'drops too early': {
    breaks: 'QoS 0 is dropped for want of room only when the queue is full, and the newest is',
    create: withOptions(({ maximumQueueLength }) => ({ maximumQueueLength: Math.max(0, maximumQueueLength - 1) })),
  },
  'queues one too many': {
    breaks: 'no more QoS 0 wait than maximumQueueLength',
    create: withOptions(({ maximumQueueLength }) => ({ maximumQueueLength: maximumQueueLength + 1 })),
  },
  'reads on when full': {
    breaks: 'no more QoS 1 are read than pauseAt while nothing is published',
    create: changing((made) => (made.type === 'pause' ? [] : [made])),
  },
  'lets others pass': {
    breaks: 'messages are first invoked in the order of arrival',
    create: late,
  },
  'attempts once too often': {
    breaks: 'QoS 0 is invoked once; QoS 1 no more often than its attempts that count',
    create: withOptions(({ maximumAttempts }) => ({ maximumAttempts: maximumAttempts + 1 })),
  },
  'does not wait before a retry': {
    breaks: 'a failed message is not attempted again before its delay is over',
    create: changing((made) => (made.type === 'retry' ? [{ ...made, delayMs: made.delayMs + 1 }] : [made])),
  },
  'invokes what is refused': {
    breaks: 'refused messages are never invoked',
    create: changing((made) =>
      made.type === 'finished' && made.fate === 'too_large'
        ? [{ type: 'invoke', record: made.record, attempt: 1 }]
        : [made],
    ),
  },
  'takes every session for a new one': {
    breaks: 'what the broker sends again is not begun from the old connection',
    create: hearing((input) => (input.type === 'connected' ? { ...input, resumed: false } : input)),
  },
  'does not wait for the connection': {
    breaks: 'nothing of a kept session is begun while there is no connection',
    create: hearing((input) => (input.type === 'lost' ? { type: 'tick' } : input)),
  },
  'does not hear stop': {
    breaks: 'after stop no QoS 1 message of a kept session is begun',
    create: hearing((input) => (input.type === 'stop' ? { type: 'tick' } : input)),
  },
  'leaves what nobody sends again': {
    breaks: 'what is left is what the broker keeps and sends again',
    create: changing((made) =>
      made.type === 'finished' && made.record.qos === 1 && made.fate === 'stopped'
        ? [{ ...made, fate: 'left' as const }]
        : [made],
    ),
  },
  'does not count what a stop drops': {
    breaks: 'what nobody sends again is either begun or counted as dropped',
    create: changing((made) =>
      made.type === 'finished' && made.fate === 'stopped' ? [{ ...made, fate: 'unfinished' as const }] : [made],
    ),
  },
  'does not hear that the deadline has passed': {
    breaks: 'after giving up on the drain nothing is begun',
    create: hearing((input) => (input.type === 'abandon' ? { type: 'stop' } : input)),
  },
  'never ends': {
    breaks: 'stopped is said once, when all have their fate, and nothing follows but fates',
    create: changing((made) => (made.type === 'stopped' ? [] : [made])),
  },
  'leaves one invocation unused': {
    breaks: 'nobody waits while an invocation is free',
    create: withOptions(({ maximumConcurrency }) => ({ maximumConcurrency: Math.max(1, maximumConcurrency - 1) })),
  },
  'gives up on what it should retry': {
    breaks: 'without stop or loss only overflow, refusal, failure and giving up keep a message from success',
    create: changing((made) =>
      made.type === 'finished' && made.fate === 'given_up' ? [{ ...made, fate: 'failed' as const }] : [made],
    ),
  },
  'drops what it has begun': {
    breaks: 'what is dropped was never begun',
    create: changing((made) =>
      made.type === 'finished' && made.fate === 'failed' ? [{ ...made, fate: 'overflow' as const }] : [made],
    ),
  },
};
