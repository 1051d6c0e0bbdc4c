import { everyStep, type Law } from './machine-history.ts';
import { batchLaws } from './machine-laws-batches.ts';
import { checkpointLaws } from './machine-laws-checkpoint.ts';
import { retryLaws } from './machine-laws-retries.ts';

/** When there may be outputs at all. */
const lifeLaws: Record<string, Law> = {
  'nothing comes out between a deactivation and the next activation, but the end of a drain': (trace) =>
    everyStep(
      trace,
      ({ active }, output) =>
        output === undefined || active || output.type === 'finished' || output.type === 'released',
    ),
  'after stop or release nothing is begun': (trace) =>
    everyStep(
      trace,
      ({ stopping, releasing }, output) =>
        (!stopping && !releasing) ||
        output === undefined ||
        !['invoke', 'retry', 'pause', 'filtered'].includes(output.type),
    ),
  'a drain ends, once, when no invocation is waited for, and nothing follows': ({ moments, stopped, settled }) => {
    const at = moments.findIndex(({ outputs }) => outputs.some(({ type }) => type === 'finished'));
    if (!stopped) return at < 0;
    const after = moments.slice(at + 1).flatMap(({ outputs }) => outputs);
    return settled && at >= 0 && moments[at]?.counts.inFlight === 0 && after.length === 0;
  },
  'a release ends once, at the latest with the end of the activation, and not before': (trace) => {
    let asked = 0;
    const isOnce = trace.moments.every(({ input, outputs, counts }) => {
      if (input.type === 'release') asked = 1;
      asked -= outputs.filter(({ type }) => type === 'released').length;
      return asked >= 0 && (asked === 0 || counts.phase !== 'running');
    });
    const isAbandoned = trace.moments.some(({ input }) => input.type === 'abandon');
    return (
      isOnce &&
      everyStep(
        trace,
        ({ inFlight, stopping }, output, { type }) =>
          output?.type !== 'released' || inFlight.size === 0 || stopping || isAbandoned || type === 'deactivated',
      )
    );
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
