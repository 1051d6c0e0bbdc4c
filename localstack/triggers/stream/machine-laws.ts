import { everyStep, type Law } from './machine-history.ts';
import { batchLaws } from './machine-laws-batches.ts';
import { checkpointLaws } from './machine-laws-checkpoint.ts';
import { retryLaws } from './machine-laws-retries.ts';

/** When there may be outputs at all. */
const lifeLaws: Record<string, Law> = {
  'nothing comes out between a deactivation and the next activation, but the end of a drain': (trace) =>
    everyStep(trace, ({ active }, output) => output === undefined || active || output.type === 'finished'),
  'after stop nothing is begun': (trace) =>
    everyStep(
      trace,
      ({ stopping }, output) =>
        !stopping || output === undefined || !['invoke', 'retry', 'pause', 'filtered'].includes(output.type),
    ),
  'a drain ends, once, when no invocation is waited for, and nothing follows': ({ moments, stopped, settled }) => {
    const at = moments.findIndex(({ outputs }) => outputs.some(({ type }) => type === 'finished'));
    if (!stopped) return at < 0;
    const after = moments.slice(at + 1).flatMap(({ outputs }) => outputs);
    return settled && at >= 0 && moments[at]?.counts.inFlight === 0 && after.length === 0;
  },
  'an outcome of an invocation is waited for, unless it is given up on': (trace) =>
    everyStep(
      trace,
      ({ inFlight }, output) =>
        output?.type !== 'finished' ||
        inFlight.size === 0 ||
        trace.moments.some(({ input }) => input.type === 'abandon'),
    ),
};

export const laws: Record<string, Law> = { ...checkpointLaws, ...batchLaws, ...retryLaws, ...lifeLaws };
