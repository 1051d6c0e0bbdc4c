import { everyOutput, everyStep, type Fate, isWaiting, type Law } from './machine-history.ts';

/** What is invoked, when, and beside what. */
export const batchLaws: Record<string, Law> = {
  'of a key, no two batches are in flight at once': everyOutput('invoke', ({ records }, { inFlight }) => {
    const keys = new Set(records.map(({ key }) => key));
    return [...inFlight.values()].every((other) => other.records.every(({ key }) => !keys.has(key)));
  }),
  'there are parallelizationFactor lanes, and each has one batch in flight': everyOutput(
    'invoke',
    ({ lane }, { inFlight }, { scenario }) =>
      lane >= 0 &&
      lane < scenario.options.parallelizationFactor &&
      [...inFlight.values()].every((other) => other.lane !== lane),
  ),
  'a record is invoked in the order of its key: all before it are done, given up on, or before it in the batch':
    everyOutput('invoke', ({ records }, { fates, nowMs }, { scenario }) => {
      const members = new Set(records.map(({ offset }) => offset));
      const before = [...fates.values()].filter((fate) => isWaiting(fate) && !members.has(fate.record.offset));
      // Where each key has a lane, a passable record that failed lets later ones by until its retry is due.
      const isPassed = ({ record, invocations, retryAtMs }: Fate) =>
        scenario.options.laneOfEachKey && record.passable && invocations > 0 && retryAtMs > nowMs;
      return records.every(
        ({ key, offset }, place) =>
          offset > (records[place - 1]?.offset ?? -1n) &&
          before.every((fate) => fate.record.key !== key || fate.record.offset > offset || isPassed(fate)),
      );
    }),
  'only what is read, passes the filter, can be decoded and waits is invoked': everyOutput(
    'invoke',
    ({ records }, { fates }) =>
      records.length > 0 &&
      records.every((record) => {
        const fate = fates.get(record.offset);
        return fate !== undefined && isWaiting(fate) && !record.filtered;
      }),
  ),
  'a batch keeps to batchSize and to the payload, base64 counted': everyOutput(
    'invoke',
    ({ records }, _history, { scenario: { options } }) => {
      const bodies = records.map(({ key, bytes }) => `${key}${Buffer.alloc(bytes).toString('base64')}`);
      const payloadBytes = `{"Records":[${bodies.join()}]}`.length + records.length * options.recordEnvelopeBytes;
      return records.length <= options.batchSize && (records.length === 1 || payloadBytes <= options.batchBytesMax);
    },
  ),
  'a fresh batch that is not full waits for its window, unless reading is paused': everyOutput(
    'invoke',
    ({ records, attempt }, { fates, nowMs, paused }, { scenario: { options } }) => {
      const { windowMs, batchSize, maximumRecordAgeMs } = options;
      const [first] = records;
      if (first === undefined || attempt > 1 || paused || maximumRecordAgeMs < Infinity) return true;
      const last = records.at(-1)?.offset ?? 0n;
      // Where there are several lanes, the next record may be another's: then this asks less than it could.
      const isFull = [...fates.values()].some((fate) => isWaiting(fate) && fate.record.offset > last);
      const arrivedMs = fates.get(first.offset)?.arrivedMs ?? 0;
      return records.length === batchSize || isFull || nowMs >= arrivedMs + windowMs;
    },
  ),
  'without a window a record waits only for others of its key, for its retry, or for a lane when all are busy': (
    trace,
  ) => {
    const { windowMs, parallelizationFactor, laneOfEachKey } = trace.scenario.options;
    if (windowMs > 0 || laneOfEachKey) return true;
    return everyStep(trace, ({ fates, inFlight, nowMs, active, stopping, releasing }, output) => {
      if (output !== undefined || !active || stopping || releasing) return true;
      const waiting = [...fates.values()].filter(isWaiting);
      const retries = waiting.filter(({ invocations }) => invocations > 0);
      const invoked = [...inFlight.values()];
      const busy = new Set<number | undefined>(invoked.map(({ lane }) => lane));
      for (const { lane, retryAtMs } of retries) if (retryAtMs > nowMs) busy.add(lane);
      const held = new Set(invoked.flatMap(({ records }) => records.map(({ key }) => key)));
      for (const { record } of retries) held.add(record.key);
      return waiting.every(({ record, invocations, lane }) =>
        invocations > 0 ? busy.has(lane) : held.has(record.key) || busy.size === parallelizationFactor,
      );
    });
  },
  'where each key has a lane, a record waits only for one of its key, for its retry, or while as many as may be are in flight':
    (trace) => {
      const { parallelizationFactor, laneOfEachKey, batchSize } = trace.scenario.options;
      if (!laneOfEachKey) return true;
      return everyStep(trace, ({ fates, inFlight, nowMs, active, stopping, releasing }, output) => {
        if (output !== undefined || !active || stopping || releasing) return true;
        const held = new Set([...inFlight.values()].flatMap(({ records }) => records.map(({ key }) => key)));
        const waiting = [...fates.values()].filter(isWaiting);
        const retries = waiting.filter(({ invocations, retryAtMs }) => invocations > 0 && retryAtMs > nowMs);
        // Beside one that may not be passed, one that may be is not either.
        for (const { record } of retries) if (!record.passable || batchSize > 1) held.add(record.key);
        return waiting.every(
          (fate) => held.has(fate.record.key) || retries.includes(fate) || inFlight.size === parallelizationFactor,
        );
      });
    },
  'a bounded number of records is in hand: no more than the bound and one chunk': ({ moments, scenario }) =>
    moments.every(({ counts }) => counts.inHand < scenario.options.recordsInHandMax + scenario.chunk),
  'bounded bytes are in hand: no more than the bound and one chunk': (trace) => {
    const { options, chunk } = trace.scenario;
    const recordBytesMax = Math.max(0, ...trace.log.map(({ bytes }) => bytes));
    return everyStep(trace, ({ fates, active }, output) => {
      if (output !== undefined || !active) return true;
      const bytes = [...fates.values()].reduce((sum, { done, record }) => sum + (done ? 0 : record.bytes), 0);
      return bytes < options.bytesInHandMax + Math.max(1, chunk * recordBytesMax);
    });
  },
  'reading is paused only while there is something in hand': ({ moments }) => {
    let paused = false;
    return moments.every(({ input, outputs, counts: { active, phase, inHand } }) => {
      if (input.type === 'activated') paused = false;
      for (const { type } of outputs) if (type === 'pause' || type === 'resume') paused = type === 'pause';
      return !paused || !active || phase !== 'running' || inHand > 0;
    });
  },
};
