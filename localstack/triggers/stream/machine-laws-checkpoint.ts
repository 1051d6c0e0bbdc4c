import { everyOutput, everyStep, type Law } from './machine-history.ts';
import type { Trace } from './machine-model.ts';

const storedOffsets = ({ moments }: Trace) =>
  moments.flatMap(({ input, outputs }) => [
    ...(input.type === 'activated' ? [input.fromOffset ?? 0n] : []),
    ...outputs.flatMap((output) => (output.type === 'storeCheckpoint' ? [output.offset] : [])),
  ]);

/** What the checkpoint does and does not. */
export const checkpointLaws: Record<string, Law> = {
  'the checkpoint never passes a record that is not handled, filtered, or confirmed at the destination': everyOutput(
    'storeCheckpoint',
    ({ offset }, { fates, fromOffset }) =>
      offset > fromOffset && [...fates.values()].every(({ record, done }) => done || record.offset >= offset),
  ),
  'an announced checkpoint passes only what is done or in the batch, and nothing is announced where none is asked for':
    everyOutput('invoke', ({ checkpoint, records }, { fates }, { scenario }) => {
      if (checkpoint === undefined) return true;
      const members = new Set(records.map(({ offset }) => offset));
      const isFree = [...fates.values()].every(
        ({ record: { offset }, done }) => done || members.has(offset) || offset >= checkpoint,
      );
      return scenario.options.announceCheckpoint && isFree && fates.has(checkpoint - 1n);
    }),
  'with one lane the first batch in hand announces a checkpoint behind it': everyOutput(
    'invoke',
    ({ checkpoint, records }, { fates }, { scenario: { options } }) => {
      const [first] = records;
      const isFirst = [...fates.values()].every(({ record, done }) => done || record.offset >= (first?.offset ?? 0n));
      if (!options.announceCheckpoint || options.parallelizationFactor > 1 || !isFirst) return true;
      const isWhole = records.length === 1 || options.maximumRecordAgeMs === Infinity;
      return !isWhole || (checkpoint !== undefined && checkpoint > (first?.offset ?? 0n));
    },
  ),
  'a release ends with the checkpoint stored, unless that failed or it is given up on': (trace) => {
    let stored = 0n;
    return everyStep(trace, ({ fates, fromOffset }, output, input) => {
      if (input.type === 'activated' && output === undefined) stored = fromOffset;
      if (output?.type === 'storeCheckpoint') stored = output.offset;
      const isCut = ['activated', 'deactivated', 'checkpointFailed', 'abandon'].includes(input.type);
      if (output?.type !== 'released' || isCut || trace.stopped) return true;
      let contiguous = fromOffset;
      for (const { record, done } of fates.values()) {
        if (!done) break;
        contiguous = record.offset + 1n;
      }
      return stored === contiguous;
    });
  },
  'the checkpoint passes only what has been read': everyOutput('storeCheckpoint', ({ offset }, { fates }) =>
    fates.has(offset - 1n),
  ),
  'the checkpoint is monotonic, and stored one at a time': ({ moments }) => {
    let last = 0n;
    let storing: number | undefined;
    return moments.every(({ input, outputs }) => {
      if (input.type === 'activated') [last, storing] = [input.fromOffset ?? 0n, undefined];
      if ('store' in input && input.store === storing) storing = undefined;
      return outputs.every((output) => {
        if (output.type !== 'storeCheckpoint') return true;
        const isHeld = storing === undefined && output.offset >= last;
        [last, storing] = [output.offset, output.store];
        return isHeld;
      });
    });
  },
  'the checkpoint is stored after so many records or so much time, not earlier, but for the end of a drain': ({
    moments,
    scenario: { options },
    log,
  }) => {
    let last = { offset: 0n, nowMs: 0 };
    return moments.every(({ input, outputs, nowMs, counts: { phase } }) => {
      if (input.type === 'activated') last = { offset: input.fromOffset ?? 0n, nowMs };
      return outputs.every((output) => {
        if (output.type !== 'storeCheckpoint' || phase !== 'running') return true;
        const { offset } = output;
        const passed = log.filter((record) => record.offset >= last.offset && record.offset < offset).length;
        const isDue = passed >= options.checkpointRecords || nowMs >= last.nowMs + options.checkpointIntervalMs;
        last = { offset, nowMs };
        return isDue;
      });
    });
  },
  'a drain ends with the checkpoint stored, unless that failed or it was given up on': (trace) => {
    const isCut = trace.moments.some(({ input }) =>
      ['abandon', 'deactivated', 'release', 'checkpointFailed'].includes(input.type),
    );
    if (isCut || !trace.stopped) return true;
    let contiguous = 0n;
    everyStep(trace, ({ fates, active }, output) => {
      if (output !== undefined || !active) return true;
      for (const { record, done } of fates.values()) {
        if (!done) break;
        contiguous = record.offset + 1n;
      }
      return true;
    });
    return storedOffsets(trace).at(-1) === contiguous;
  },
  'all that was written is done in the end, and the checkpoint stored behind it': (trace) =>
    trace.stopped || (trace.settled && storedOffsets(trace).at(-1) === (trace.log.at(-1)?.offset ?? -1n) + 1n),
};
