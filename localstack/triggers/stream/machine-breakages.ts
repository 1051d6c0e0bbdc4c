import { type CreateMachine, realMachine } from './machine-model.ts';
import type { Input, MachineOptions, MachineRecord, Output } from './machine-types.ts';

type Made = Output<MachineRecord>;
type Heard = Input<MachineRecord>;
/** Breaks one thing in what the machine puts out. */
export const changing =
  (change: (made: Made) => readonly Made[]): CreateMachine =>
  (options, random) => {
    const machine = realMachine(options, random);
    return { ...machine, step: (input, nowMs) => machine.step(input, nowMs).flatMap(change) };
  };
export const hearing =
  (change: (input: Heard) => Heard): CreateMachine =>
  (options, random) => {
    const machine = realMachine(options, random);
    return { ...machine, step: (input, nowMs) => machine.step(change(input), nowMs) };
  };
export const hearingRecords = (change: (record: MachineRecord) => readonly MachineRecord[]) =>
  hearing((input) => (input.type === 'records' ? { ...input, records: input.records.flatMap(change) } : input));
export const withOptions =
  (change: (options: MachineOptions) => Partial<MachineOptions>): CreateMachine =>
  (options, random) =>
    realMachine({ ...options, ...change(options) }, random);

/** Stores what has been read, as a consumer does that commits by time. */
export const readAhead: CreateMachine = (options, random) => {
  const machine = realMachine(options, random);
  let read = 0n;
  return {
    ...machine,
    step(input, nowMs) {
      if (input.type === 'records') read = (input.records.at(-1)?.offset ?? 0n) + 1n;
      const made = machine.step(input, nowMs);
      return made.map((output) => (output.type === 'storeCheckpoint' ? { ...output, offset: read } : output));
    },
  };
};

/** Sees records otherwise than they are. */
export const seeing =
  (change: (record: MachineRecord) => MachineRecord): CreateMachine =>
  (options, random) => {
    const machine = realMachine(options, random);
    const originals = new Map<bigint, MachineRecord>();
    const seen = (record: MachineRecord) => {
      originals.set(record.offset, record);
      return change(record);
    };
    const original = ({ offset }: MachineRecord) => originals.get(offset) ?? [];
    const hear = (input: Heard) => (input.type === 'records' ? { ...input, records: input.records.map(seen) } : input);
    return {
      ...machine,
      step: (input, nowMs) =>
        machine
          .step(hear(input), nowMs)
          .map((made) =>
            'records' in made && made.type !== 'filtered' ? { ...made, records: made.records.flatMap(original) } : made,
          ),
    };
  };

/** Answers what it asks by itself, without asking. */
export const confirming =
  (type: 'sendToDestination' | 'storeCheckpoint', isWhile: (phase: string) => boolean): CreateMachine =>
  (options, random) => {
    const machine = realMachine(options, random);
    const step = (input: Heard, nowMs: number): readonly Made[] =>
      machine.step(input, nowMs).flatMap((made) => {
        if (made.type !== type || !isWhile(machine.counts().phase)) return [made];
        if (made.type === 'storeCheckpoint') return step({ type: 'checkpointStored', store: made.store }, nowMs);
        return made.type === 'sendToDestination' ? step({ type: 'sent', send: made.send }, nowMs) : [];
      });
    return { ...machine, step };
  };

/** Takes a new machine for each activation. */
export const forgetful: CreateMachine = (options, random) => {
  const NUMBERS_APART = 100_000;
  let machine = realMachine(options, random);
  let activations = 0;
  const outer = (number: number) => number + activations * NUMBERS_APART;
  const inner = (number: number) => number - activations * NUMBERS_APART;
  return {
    step(input, nowMs) {
      if (input.type === 'activated') {
        machine = realMachine(options, random);
        activations += 1;
      }
      const heard = input.type === 'settled' ? { ...input, batch: inner(input.batch) } : input;
      return machine
        .step(heard, nowMs)
        .map((made) => (made.type === 'invoke' ? { ...made, batch: outer(made.batch) } : made));
    },
    nextTickMs: () => machine.nextTickMs(),
    counts: () => machine.counts(),
  };
};

/** Retries the highest failure on, not the lowest. */
export const fromHighest = hearing((input) => {
  if (input.type !== 'settled' || input.failures.type !== 'listed') return input;
  const last = [...input.failures.failures].sort(([a], [b]) => Number(a) - Number(b)).slice(-1);
  return { ...input, failures: { type: 'listed', failures: new Map(last) } };
});
