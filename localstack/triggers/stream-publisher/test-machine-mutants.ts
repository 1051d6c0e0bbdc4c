import type { Input, Output } from './machine-types.ts';
import { type CreateMachine, realMachine, type Sample } from './test-machine-model.ts';

interface Mutant {
  /** The law that does not hold of it. */
  readonly breaks: string;
  readonly create: CreateMachine;
}

type Outputs = readonly Output<Sample>[];
const changing =
  (change: (outputs: Outputs, input: Input<Sample>) => Outputs): CreateMachine =>
  (given) => {
    const machine = realMachine(given);
    return { ...machine, step: (input: Input<Sample>, nowMs: number) => change(machine.step(input, nowMs), input) };
  };
const hearing =
  (hear: (input: Input<Sample>) => Input<Sample> | undefined): CreateMachine =>
  (given) => {
    const machine = realMachine(given);
    return {
      ...machine,
      step(input, nowMs) {
        const heard = hear(input);
        return heard === undefined ? [] : machine.step(heard, nowMs);
      },
    };
  };
const onSend = (change: (send: Extract<Output<Sample>, { type: 'send' }>, input: Input<Sample>) => Outputs) =>
  changing((outputs, input) =>
    outputs.flatMap((output) => (output.type === 'send' ? change(output, input) : [output])),
  );

/** Remembers what it has sent, whatever became of it. */
const resendsAll: CreateMachine = (given) => {
  const machine = realMachine(given);
  const all = new Map<bigint, Sample>();
  return {
    ...machine,
    step(input, nowMs) {
      const outputs = machine.step(input, nowMs);
      for (const output of outputs)
        if (output.type === 'send') for (const { id, message } of output.messages) all.set(id, message);
      if (input.type !== 'connected') return outputs;
      const messages = [...all].map(([id, message]) => ({ id, message }));
      return [...outputs.filter(({ type }) => type !== 'send'), { type: 'send', messages }];
    },
  };
};

/** Gives an id anew at each send, and knows which it means. */
const freshIds: CreateMachine = (given) => {
  const machine = realMachine(given);
  const meaning = new Map<bigint, bigint>();
  let round = 0n;
  const understood = (input: Input<Sample>): Input<Sample> => {
    if ('id' in input) return { ...input, id: meaning.get(input.id) ?? input.id };
    if (!('sequence' in input) || input.sequence === undefined) return input;
    return { ...input, sequence: meaning.get(input.sequence) ?? input.sequence };
  };
  return {
    ...machine,
    step(input, nowMs) {
      if (input.type === 'connected') round += 1n;
      const real = understood(input);
      return machine.step(real, nowMs).map((output) => {
        if (output.type !== 'send') return output;
        const messages = output.messages.map(({ id, message }) => {
          const fresh = id + (round << 32n);
          meaning.set(fresh, id);
          return { id: fresh, message };
        });
        return { ...output, messages };
      });
    },
  };
};

const uncapped: CreateMachine = (given) =>
  realMachine({ ...given, inFlightMax: given.inFlightMax * 2, inFlightBytesMax: Number.POSITIVE_INFINITY });

/** The broker's answer is not waited for. */
const takesSentForStored: CreateMachine = (given) => {
  const machine = realMachine(given);
  return {
    ...machine,
    step(input, nowMs) {
      const outputs = machine.step(input, nowMs);
      const sent = outputs.flatMap((output) => (output.type === 'send' ? output.messages : []));
      return [...outputs, ...sent.flatMap(({ id }) => machine.step({ type: 'confirmed', id }, nowMs))];
    },
  };
};

/** One confirmation stands for all that was sent with it. */
const firstIsEnough: CreateMachine = (given) => {
  const machine = realMachine(given);
  const together = new Map<bigint, readonly bigint[]>();
  return {
    ...machine,
    step(input, nowMs) {
      const outputs = machine.step(input, nowMs);
      for (const output of outputs) {
        const all = output.type === 'send' ? output.messages.map(({ id }) => id) : [];
        for (const id of all) together.set(id, all);
      }
      const others = input.type === 'confirmed' ? (together.get(input.id) ?? []) : [];
      return [...outputs, ...others.flatMap((id) => machine.step({ type: 'confirmed', id }, nowMs))];
    },
  };
};

const LATE_MS = 10;
const late: CreateMachine = (given) => {
  const machine = realMachine(given);
  return {
    ...machine,
    nextTickMs() {
      const atMs = machine.nextTickMs();
      return atMs === undefined ? undefined : atMs + LATE_MS;
    },
  };
};

const CONFIRMED = 'stored is said only of what the broker has confirmed, every message of it';
const RESENT = 'after a reconnect all that is unconfirmed is sent at once, in the order of publishing';

/** Small variations of the machine, each of which breaks the law it names. */
export const mutants: Record<string, Mutant> = {
  'takes sent for stored': {
    breaks: CONFIRMED,
    create: takesSentForStored,
  },
  'takes a refusal for a confirmation': {
    breaks: CONFIRMED,
    create: hearing((input) => (input.type === 'refused' ? { type: 'confirmed', id: input.id } : input)),
  },
  'says stored at the first confirmation of a batch': { breaks: CONFIRMED, create: firstIsEnough },
  'forgets what was in flight when the connection ended': {
    breaks: RESENT,
    create: onSend((send, input) => (input.type === 'connected' ? [] : [send])),
  },
  'sends again in reverse': {
    breaks: RESENT,
    create: onSend((send, input) =>
      input.type === 'connected' ? [{ ...send, messages: send.messages.toReversed() }] : [send],
    ),
  },
  'leaves the first one out': {
    breaks: RESENT,
    create: onSend((send, input) =>
      input.type === 'connected' ? [{ ...send, messages: send.messages.slice(1) }] : [send],
    ),
  },
  'turns a publish around': {
    breaks: 'on one connection nothing is sent twice, and the order of publishing is kept',
    create: onSend((send) => [{ ...send, messages: send.messages.toReversed() }]),
  },
  'sends again what was given up on': { breaks: 'what has failed is not sent any more', create: resendsAll },
  'has no deadline': { breaks: 'a publish ends by its deadline', create: late },
  'never ends what was not sent': {
    breaks: 'each publish ends, once',
    create: changing((outputs) => outputs.filter((output) => !('code' in output && output.code === 'not_connected'))),
  },
  'ends a publish twice': {
    breaks: 'each publish ends, once',
    create: changing((outputs) => [...outputs, ...outputs.filter(({ type }) => type === 'failed')]),
  },
  'has no cap': { breaks: 'in flight is never above the cap, as it says and as the broker sees it', create: uncapped },
  'gives an id anew': {
    breaks: 'with a name each message is stored at most once, in the order of publishing',
    create: freshIds,
  },
  'begins to count at 1 again': {
    breaks: 'an id is kept by its message, has the tag, and is above the stored sequence',
    create: hearing((input) => (input.type === 'connected' ? { ...input, sequence: 0n } : input)),
  },
  'denies that it may be stored': {
    breaks: 'may be stored is not denied of what was sent; not sent is not said of it',
    create: changing((outputs) =>
      outputs.map((output) => (output.type === 'failed' ? { ...output, mayBeStored: false } : output)),
    ),
  },
  'takes its own sequence for another one': {
    breaks: 'one publisher has no conflict of names with itself',
    create: hearing((input) =>
      'sequence' in input && input.sequence !== undefined ? { ...input, sequence: input.sequence + 1n } : input,
    ),
  },
};
