import { type ModelRecord, realStep, type StepFunction, type Trace } from './machine-model.ts';
import type { Output } from './machine-types.ts';

/** Breaks one thing in what the machine puts out. */
const changing =
  (
    change: (made: Output<ModelRecord>, all: readonly Output<ModelRecord>[]) => readonly Output<ModelRecord>[],
  ): StepFunction =>
  (state, input, options, env) => {
    const next = realStep(state, input, options, env);
    return { ...next, outputs: next.outputs.flatMap((output) => change(output, next.outputs)) };
  };
const withOptions =
  (change: (options: Trace['scenario']['options']) => Partial<Trace['scenario']['options']>): StepFunction =>
  (state, input, options, env) =>
    realStep(state, input, { ...options, ...change(options) }, env);

/** Small variations of the machine, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; step: StepFunction }> = {
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
      const blind = input.type === 'records' && {
        ...input,
        records: input.records.map((record) => Object.assign({ ...record }, { filtered: false })),
      };
      const next = realStep(state, blind || input, options, env);
      const filtered = new Set(
        input.type === 'records' ? input.records.filter((r) => r.filtered).map((r) => r.read) : [],
      );
      const restore = (record: ModelRecord) => (filtered.has(record.read) ? { ...record, filtered: true } : record);
      const made = next.outputs.map((output) =>
        output.type === 'invoke' ? { ...output, records: output.records.map(restore) } : output,
      );
      return { ...next, outputs: made };
    },
  },
  'does not hear stop': {
    breaks: 'after stop nothing is read, armed or invoked',
    step: (state, input, options, env) =>
      realStep(state, input.type === 'stop' ? { type: 'tick' } : input, options, env),
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
    step: (state, input, options, env) =>
      realStep(state, input, { ...options, maximumAttempts: options.maximumAttempts * 4 }, env),
  },
  'sleeps for ever': {
    breaks: 'whoever is neither reading nor busy has a time to look again',
    step: (state, input, options, env) => ({ ...realStep(state, input, options, env), tickAtMs: undefined }),
  },
  'does not read once more when armed': {
    breaks: 'it sleeps only when a read that began with the wake-up armed found nothing',
    step: (state, input, options, env) => {
      const next = realStep(state, input, options, env);
      if (input.type !== 'armed') return next;
      const intake = { mode: 'asleep', atMs: env.nowMs + options.pollMs, sinceMs: env.nowMs, rereads: 0 } as const;
      return { ...next, state: { ...next.state, intake }, outputs: [], tickAtMs: intake.atMs };
    },
  },
  'takes a wake-up while reading for one more reason to read': {
    breaks: 'whoever is woken arms anew before sleeping',
    step: (state, input, options, env) => {
      const reading = state.intake.mode === 'reading' || state.intake.mode === 'arming';
      return realStep(state, input.type === 'woken' && reading ? { type: 'tick' } : input, options, env);
    },
  },
  'sleeps through what comes': {
    breaks: 'what is not stopped handles every message in the end',
    step: (state, input, options, env) => {
      const next = realStep(state, input, options, env);
      return next.state.intake.mode === 'asleep' ? { ...next, tickAtMs: undefined } : next;
    },
  },
};
