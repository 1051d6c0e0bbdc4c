import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchLimit } from './batching.ts';
import { type ModelRecord, type Moment, play, realStep, type StepFunction, scenarios, type Trace } from './machine-model.ts';
import type { Output } from './machine-types.ts';

const RUNS = 1_500;
const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`machine laws: seed ${seed}`);

type Law = (trace: Trace) => boolean;
type Of<T extends Output<ModelRecord>['type']> = Extract<Output<ModelRecord>, { type: T }>;

function outputs<T extends Output<ModelRecord>['type']>(moments: readonly Moment[], type: T): Of<T>[] {
  return moments.flatMap((moment) => moment.outputs).filter((output): output is Of<T> => output.type === type);
}

/** The records that one step disposes of, each as often as it is disposed of. */
function disposed({ outputs: made }: Moment): ModelRecord[] {
  return made.flatMap((output) => {
    if (output.type === 'delete' || output.type === 'giveBack') return output.records;
    return output.type === 'retry' || output.type === 'deadLetter' ? [output.record] : [];
  });
}

const received = ({ input }: Moment) => (input.type === 'records' ? input.records : []);
const afterStop = ({ moments }: Trace) => moments.slice(Math.max(0, moments.findIndex(({ input }) => input.type === 'stop')) || moments.length);

const laws: Record<string, Law> = {
  'every record read gets exactly one disposition, or is named as unsettled': ({ moments }) => {
    const unsettled = outputs(moments, 'stopped').flatMap((output) => output.unsettled);
    const ends = [...moments.flatMap(disposed), ...unsettled].map(({ read }) => read);
    const reads = moments.flatMap(received).map(({ read }) => read);
    return new Set(ends).size === ends.length && reads.every((read) => ends.includes(read)) && ends.length === reads.length;
  },
  'never more than maximumConcurrency in flight': ({ moments, scenario }) => {
    let inFlight = 0;
    return moments.every(({ input, outputs: made }) => {
      if (input.type === 'settled') inFlight -= 1;
      inFlight += made.filter(({ type }) => type === 'invoke').length;
      return inFlight <= scenario.options.maximumConcurrency;
    });
  },
  'no record is invoked more often than its attempts': ({ moments, scenario }) => {
    const invoked = Map.groupBy(outputs(moments, 'invoke').flatMap(({ records }) => records), ({ id }) => id);
    return [...invoked.values()].every((times) => times.length <= scenario.options.maximumAttempts);
  },
  'a record is deleted only after a success that covers it, or because it is filtered': ({ moments }) => {
    const batches = new Map<number, readonly ModelRecord[]>();
    const covered = new Set<number>();
    return moments.every(({ input, outputs: made }) => {
      if (input.type === 'settled' && input.failures.type === 'listed') {
        const { failures } = input.failures;
        for (const { id, read } of batches.get(input.batch) ?? []) if (!failures.has(id)) covered.add(read);
      }
      for (const output of made) if (output.type === 'invoke') batches.set(output.batch, output.records);
      const deletes = made.filter((output) => output.type === 'delete');
      return deletes.every(({ reason, records }) =>
        records.every(({ read, filtered }) => (reason === 'filtered' ? filtered : covered.has(read))),
      );
    });
  },
  'a filtered record is never invoked': ({ moments }) =>
    outputs(moments, 'invoke').every(({ records }) => records.every(({ filtered }) => !filtered)),
  'after stop nothing is read, armed or invoked': (trace) =>
    afterStop(trace).every(({ outputs: made }) => made.every(({ type }) => !['read', 'arm', 'invoke'].includes(type))),
  'no batch is larger than batchSize or its bytes': ({ moments, scenario: { options } }) =>
    outputs(moments, 'invoke').every(({ records }) => {
      const bytes = records.reduce((sum, record) => sum + record.bytes + 1, '{"Records":[]}'.length);
      return records.length <= options.batchSize && (records.length === 1 || bytes <= options.batchBytesMax);
    }),
  'a batch that is not full waits for its window, and no longer when an invocation is free': ({ moments, scenario }) => {
    const { options } = scenario;
    const arrivedMs = new Map<number, number>();
    const waiting = new Map<number, ModelRecord>();
    return moments.every((moment) => {
      for (const record of received(moment)) {
        arrivedMs.set(record.read, moment.nowMs);
        waiting.set(record.read, record);
      }
      for (const { read } of disposed(moment)) waiting.delete(read);
      for (const output of moment.outputs) {
        if (output.type !== 'invoke') continue;
        for (const { read } of output.records) waiting.delete(read);
        const firstMs = Math.min(...output.records.map(({ read }) => arrivedMs.get(read) ?? 0));
        const fresh = output.records.every(({ attempt }) => attempt === 1);
        const bytes = output.records.reduce((sum, record) => sum + record.bytes, 0);
        const more = [...waiting.values()].some(({ attempt }) => attempt === 1);
        const full = output.records.length === options.batchSize || (more && bytes > 0);
        if (fresh && !full && moment.nowMs < firstMs + options.windowMs) return false;
      }
      if (moment.state.phase !== 'running' || moment.state.inFlight.size >= options.maximumConcurrency) return true;
      return [...waiting.values()].every(({ read }) => moment.nowMs < (arrivedMs.get(read) ?? 0) + options.windowMs);
    });
  },
  'nothing is read that could not be run at once': ({ moments, scenario: { options } }) =>
    moments.every(({ outputs: made, state }) => {
      const free = options.maximumConcurrency - state.inFlight.size;
      const waiting = [...state.lanes.values()].flat().length;
      return made.every((output) => output.type !== 'read' || (output.count > 0 && output.count <= free * options.batchSize - waiting));
    }),
  'a record in its last attempt is alone': ({ moments, scenario: { options } }) =>
    outputs(moments, 'invoke').every(
      ({ records }) =>
        options.maximumAttempts === 1 || records.length === 1 || records.every(({ attempt }) => attempt < options.maximumAttempts),
    ),
  'whoever is neither reading nor busy has a time to look again': ({ moments, scenario: { options } }) =>
    moments.every(({ state, tickAtMs }) => {
      if (state.phase !== 'running' || state.inFlight.size >= options.maximumConcurrency) return true;
      return state.intake.mode === 'reading' || state.intake.mode === 'arming' || tickAtMs !== undefined;
    }),
  'what is not stopped handles every message in the end': ({ left, stopped }) => stopped || left === 0,
};

/** Breaks one thing in what the machine puts out. */
const changing =
  (change: (made: Output<ModelRecord>, all: readonly Output<ModelRecord>[]) => readonly Output<ModelRecord>[]): StepFunction =>
  (state, input, options, env) => {
    const next = realStep(state, input, options, env);
    return { ...next, outputs: next.outputs.flatMap((output) => change(output, next.outputs)) };
  };
const withOptions =
  (change: (options: Trace['scenario']['options']) => Partial<Trace['scenario']['options']>): StepFunction =>
  (state, input, options, env) => realStep(state, input, { ...options, ...change(options) }, env);

const mutants: Record<string, { breaks: string; step: StepFunction }> = {
  'deletes what it retries': {
    breaks: 'every record read gets exactly one disposition, or is named as unsettled',
    step: changing((made) =>
      made.type === 'retry' ? [made, { type: 'delete', records: [made.record], reason: 'succeeded' }] : [made],
    ),
  },
  'forgets to give back': {
    breaks: 'every record read gets exactly one disposition, or is named as unsettled',
    step: changing((made) => (made.type === 'giveBack' ? [] : [made])),
  },
  'runs one invocation too many': {
    breaks: 'never more than maximumConcurrency in flight',
    step: withOptions(({ maximumConcurrency }) => ({ maximumConcurrency: maximumConcurrency + 1 })),
  },
  'attempts once too often': {
    breaks: 'no record is invoked more often than its attempts',
    step: withOptions(({ maximumAttempts }) => ({ maximumAttempts: maximumAttempts + 1 })),
  },
  'deletes when it invokes': {
    breaks: 'a record is deleted only after a success that covers it, or because it is filtered',
    step: changing((made) =>
      made.type === 'invoke' ? [{ type: 'delete', records: made.records, reason: 'succeeded' }, made] : [made],
    ),
  },
  'does not filter': {
    breaks: 'a filtered record is never invoked',
    step: (state, input, options, env) => {
      const blind = input.type === 'records' && { ...input, records: input.records.map((record) => Object.assign({ ...record }, { filtered: false })) };
      const next = realStep(state, blind || input, options, env);
      const filtered = new Set(input.type === 'records' ? input.records.filter((r) => r.filtered).map((r) => r.read) : []);
      const restore = (record: ModelRecord) => (filtered.has(record.read) ? { ...record, filtered: true } : record);
      const made = next.outputs.map((output) => (output.type === 'invoke' ? { ...output, records: output.records.map(restore) } : output));
      return { ...next, outputs: made };
    },
  },
  'does not hear stop': {
    breaks: 'after stop nothing is read, armed or invoked',
    step: (state, input, options, env) => realStep(state, input.type === 'stop' ? { type: 'tick' } : input, options, env),
  },
  'counts one record too many': {
    breaks: 'no batch is larger than batchSize or its bytes',
    step: withOptions(({ batchSize }) => ({ batchSize: batchSize + 1 })),
  },
  'does not count bytes': {
    breaks: 'no batch is larger than batchSize or its bytes',
    step: withOptions(() => ({ batchBytesMax: Infinity })),
  },
  'does not wait for the window': {
    breaks: 'a batch that is not full waits for its window, and no longer when an invocation is free',
    step: withOptions(() => ({ windowMs: 0 })),
  },
  'waits twice the window': {
    breaks: 'a batch that is not full waits for its window, and no longer when an invocation is free',
    step: withOptions(({ windowMs }) => ({ windowMs: 2 * windowMs })),
  },
  'reads more than it can run': {
    breaks: 'nothing is read that could not be run at once',
    step: changing((made) => (made.type === 'read' ? [{ ...made, count: made.count + 1 }] : [made])),
  },
  'does not narrow what comes back': {
    breaks: 'a record in its last attempt is alone',
    step: (state, input, options, env) => realStep(state, input, { ...options, maximumAttempts: options.maximumAttempts * 4 }, env),
  },
  'sleeps for ever': {
    breaks: 'whoever is neither reading nor busy has a time to look again',
    step: (state, input, options, env) => ({ ...realStep(state, input, options, env), tickAtMs: undefined }),
  },
  'sleeps through what comes': {
    breaks: 'what is not stopped handles every message in the end',
    step: (state, input, options, env) => {
      const next = realStep(state, input, options, env);
      return next.state.intake.mode === 'asleep' ? { ...next, tickAtMs: undefined } : next;
    },
  },
};

const check = (law: Law, stepFunction: StepFunction) =>
  fc.check(fc.property(scenarios, (scenario) => law(play(scenario, stepFunction))), { seed, numRuns: RUNS });

describe('laws of the machine', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const result = check(law, realStep);
    expect(result.failed, `seed ${seed}: ${fc.defaultReportMessage(result)}`).toBe(false);
  });
});

describe('mutants', () => {
  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, step }) => {
    const law = laws[breaks];
    expect(law, breaks).toBeDefined();
    expect(law && check(law, step).failed, `seed ${seed}: the mutant keeps the law "${breaks}"`).toBe(true);
  });
});

test('batches narrow to one record at the last attempt', () => {
  const narrowing = (batchSize: number, maximumAttempts: number) =>
    [1, 2, 3, 4, 5, 6].map((attempt) => batchLimit(attempt, { ...base, batchSize, maximumAttempts }));
  const base = {
    batchBytesMax: 1,
    windowMs: 0,
    maximumConcurrency: 1,
    invocationMs: 1,
    retryDelay: { minimumMs: 0, maximumMs: 0 },
    readMax: 1,
    lingerMs: 0,
    rereadDelaysMs: [],
    pollMs: 1,
    reconnectDelay: { minimumMs: 1, maximumMs: 1 },
  };
  expect(narrowing(10_000, 5)).toEqual([10_000, 1_000, 100, 10, 1, 1]);
  expect(narrowing(10, 5)).toEqual([10, 6, 4, 2, 1, 1]);
  expect(narrowing(10, Infinity)).toEqual([10, 5, 3, 2, 1, 1]);
  expect(narrowing(10, 1)).toEqual([10, 1, 1, 1, 1, 1]);
});
