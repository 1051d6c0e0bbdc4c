import type { ModelRecord, Moment, Trace } from './machine-model.ts';
import type { Output } from './machine-types.ts';

/** Holds of every history that the machine can go through. */
export type Law = (trace: Trace) => boolean;
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
const afterStop = ({ moments }: Trace) =>
  moments.slice(
    Math.max(
      0,
      moments.findIndex(({ input }) => input.type === 'stop'),
    ) || moments.length,
  );

export const laws: Record<string, Law> = {
  'every record read gets exactly one disposition, or is named as unsettled': ({ moments }) => {
    const unsettled = outputs(moments, 'stopped').flatMap((output) => output.unsettled);
    const ends = [...moments.flatMap(disposed), ...unsettled].map(({ read }) => read);
    const reads = moments.flatMap(received).map(({ read }) => read);
    return (
      new Set(ends).size === ends.length && reads.every((read) => ends.includes(read)) && ends.length === reads.length
    );
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
    const invoked = Map.groupBy(
      outputs(moments, 'invoke').flatMap(({ records }) => records),
      ({ id }) => id,
    );
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
  'a batch that is not full waits for its window, and no longer when an invocation is free': ({
    moments,
    scenario,
  }) => {
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
      return made.every(
        (output) => output.type !== 'read' || (output.count > 0 && output.count <= free * options.batchSize - waiting),
      );
    }),
  'a record in its last attempt is alone': ({ moments, scenario: { options } }) =>
    outputs(moments, 'invoke').every(
      ({ records }) =>
        options.maximumAttempts === 1 ||
        records.length === 1 ||
        records.every(({ attempt }) => attempt < options.maximumAttempts),
    ),
  'whoever is neither reading nor busy has a time to look again': ({ moments, scenario: { options } }) =>
    moments.every(({ state, tickAtMs }) => {
      if (state.phase !== 'running' || state.inFlight.size >= options.maximumConcurrency) return true;
      return state.intake.mode === 'reading' || state.intake.mode === 'arming' || tickAtMs !== undefined;
    }),
  'it sleeps only when a read that began with the wake-up armed found nothing': ({ moments }) => {
    let armed = false;
    let readBeganArmed = false;
    return moments.every(({ input, outputs: made, state, nowMs }) => {
      if (input.type === 'armed') armed = true;
      if (made.some(({ type }) => type === 'disarm')) armed = false;
      if (made.some(({ type }) => type === 'read')) readBeganArmed = armed;
      return state.intake.mode !== 'asleep' || state.intake.atMs <= nowMs || readBeganArmed;
    });
  },
  'whoever is woken arms anew before sleeping': ({ moments }) => {
    let woken = false;
    return moments.every(({ input, outputs: made, state, nowMs }) => {
      if (input.type === 'woken') woken = true;
      if (made.some(({ type }) => type === 'arm')) woken = false;
      return !woken || state.intake.mode !== 'asleep' || state.intake.atMs <= nowMs;
    });
  },
  'what is not stopped handles every message in the end': ({ left, stopped }) => stopped || left === 0,
};
