import { everyOutput, everyStep, type Law, type Made } from './machine-history.ts';

/** How often records are tried, and what becomes of those given up on. */
export const retryLaws: Record<string, Law> = {
  'no record is retried more often than maximumRetryAttempts': everyOutput(
    'invoke',
    ({ records }, { fates }, { scenario: { options } }) =>
      records.every(({ offset }) => (fates.get(offset)?.charged ?? 0) <= options.maximumRetryAttempts),
  ),
  'the attempt of a batch, and the invokeCount of what is given up on, are the invocations of its records': (trace) =>
    everyStep(trace, ({ fates }, output) => {
      if (output?.type !== 'invoke' && output?.type !== 'sendToDestination') return true;
      const invocations = output.type === 'invoke' ? output.attempt - 1 : output.invokeCount;
      return output.records.every(({ offset }) => fates.get(offset)?.invocations === invocations);
    }),
  'a failed batch is not retried before its delay is over': everyOutput('invoke', ({ records }, { fates, nowMs }) =>
    records.every(({ offset }) => nowMs >= (fates.get(offset)?.retryAtMs ?? 0)),
  ),
  'a record that is too old is not invoked with': everyOutput(
    'invoke',
    ({ records }, { nowMs }, { scenario: { options } }) =>
      records.every(({ timestampMs }) => nowMs - timestampMs <= options.maximumRecordAgeMs),
  ),
  'what is given up on is out of retries, too old, refused or undecodable, as it says': (trace) => {
    const { maximumRetryAttempts, maximumRecordAgeMs } = trace.scenario.options;
    return everyStep(trace, ({ fates, nowMs }, output) => {
      if (output?.type !== 'sendToDestination' && output?.type !== 'discarded') return true;
      return output.records.every(({ offset, undecodable, timestampMs }) => {
        const charged = fates.get(offset)?.charged;
        if (output.condition === 'Undecodable') return undecodable && charged === 0;
        if (output.condition === 'Refused') return fates.get(offset)?.refused === true;
        if (output.condition === 'RecordAgeExceeded') return nowMs - timestampMs > maximumRecordAgeMs;
        return charged === maximumRetryAttempts + 1;
      });
    });
  },
  'with bisect, a batch that failed comes back in fewer records until there is one': everyOutput(
    'invoke',
    ({ records }, { fates }) => records.every(({ offset }) => records.length < (fates.get(offset)?.split ?? Infinity)),
  ),
  'a split ends: a record is invoked once for each cut of its batch, each failure that counts, and each that does not':
    (trace) => {
      const { batchSize, maximumRetryAttempts } = trace.scenario.options;
      const uncounted = trace.moments.filter(
        ({ input }) =>
          input.type === 'settled' && input.failures.type === 'all' && input.failures.failure.retriable === true,
      ).length;
      const invocationsMax = batchSize + maximumRetryAttempts + uncounted;
      return everyOutput('invoke', ({ records }, { fates }) =>
        records.every(({ offset }) => (fates.get(offset)?.invocations ?? 0) < invocationsMax),
      )(trace);
    },
  'given up on for good is said once, and after the destination has confirmed it': (trace) => {
    const { onFailure, onUndecodable } = trace.scenario.options;
    const sends = new Map<number, readonly { offset: bigint }[]>();
    return trace.moments.every(({ input, outputs }) => {
      for (const output of outputs) if (output.type === 'sendToDestination') sends.set(output.send, output.records);
      const confirmed = input.type === 'sent' ? (sends.get(input.send) ?? []) : [];
      const final = outputs.filter((output): output is Made<'discarded'> => output.type === 'discarded');
      const offsets = final.flatMap(({ records }) => records.map(({ offset }) => offset));
      return (
        new Set(offsets).size === offsets.length &&
        final.every(({ condition, records }) => {
          const isSent = condition === 'Undecodable' ? onUndecodable : onFailure;
          return !isSent || records.every(({ offset }) => confirmed.some((record) => record.offset === offset));
        })
      );
    });
  },
};
