import fc from 'fast-check';
import type { Action, Ending, Scenario } from './machine-model.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const RECORD_AGE_MS = 2_000;

const ending: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ how: 'succeeds' as const }) },
  { weight: 4, arbitrary: fc.constant({ how: 'throws' as const }) },
  { weight: 1, arbitrary: fc.constant({ how: 'retriable' as const }) },
  { weight: 1, arbitrary: fc.constant({ how: 'unknown' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ how: fc.constant('partial' as const), places: fc.array(fc.nat(7), { maxLength: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ how: fc.constant('refuses' as const), places: fc.array(fc.nat(7), { maxLength: 3 }) }),
  },
);

const record = fc.record({
  key: fc.constantFrom(...KEYS),
  bytes: fc.integer({ min: 0, max: 30 }),
  gap: fc.constantFrom(0, 0, 0, 3),
  kind: fc.constantFrom<'plain' | 'filtered' | 'undecodable'>(
    'plain',
    'plain',
    'plain',
    'plain',
    'plain',
    'filtered',
    'undecodable',
  ),
  agedMs: fc.constantFrom(0, 0, 0, RECORD_AGE_MS, 2 * RECORD_AGE_MS),
  passable: fc.constantFrom(false, false, true),
});

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('append' as const),
      records: fc.array(record, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 800 }) }),
  },
  { weight: 12, arbitrary: fc.record({ type: fc.constant('settle' as const), index: fc.nat(3), ending }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('answerSend' as const), index: fc.nat(3), confirmed: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('answerStore' as const),
      stored: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('activate' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'deactivate' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'release' as const }) },
);
const settledPartition = actions.filter(({ type }) => type !== 'deactivate' && type !== 'release');

/** Scenarios of small sizes, where batches, lanes, bounds and attempts meet often; half are stopped at some point. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 6 }),
    batchBytesMax: fc.constantFrom(150, 10_000),
    windowMs: fc.constantFrom(0, 0, 300),
    parallelizationFactor: fc.integer({ min: 1, max: 3 }),
    laneOfEachKey: fc.boolean(),
    maximumRetryAttempts: fc.constantFrom(0, 1, 2, Infinity),
    maximumRecordAgeMs: fc.constantFrom(Infinity, Infinity, RECORD_AGE_MS),
    bisectBatchOnFunctionError: fc.boolean(),
    onFailure: fc.constantFrom(true, true, false),
    onUndecodable: fc.constantFrom(true, true, false),
    checkpointRecords: fc.constantFrom(1, 4, 1_000),
    checkpointIntervalMs: fc.constantFrom(200, 1_000),
    announceCheckpoint: fc.boolean(),
    recordsInHandMax: fc.integer({ min: 4, max: 16 }),
    bytesInHandMax: fc.constantFrom(100, 10_000),
    chunk: fc.integer({ min: 1, max: 5 }),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    actions: fc.oneof(
      fc.array(actions, { maxLength: 60, size: 'max' }),
      fc.array(settledPartition, { maxLength: 60, size: 'max' }),
    ),
    ending: fc.constantFrom<readonly Action[]>(
      [],
      [],
      [],
      [{ type: 'stop' }],
      [{ type: 'stop' }],
      [{ type: 'stop' }, { type: 'abandon' }],
    ),
    afterwards: fc.array(actions, { maxLength: 10 }),
  })
  .map(({ chunk, chance, actions: before, ending: last, afterwards, ...options }) => ({
    options: {
      ...options,
      windowMs: options.laneOfEachKey ? 0 : options.windowMs,
      recordEnvelopeBytes: 20,
      retryDelay: { minimumMs: 10, maximumMs: 500 },
    },
    chunk,
    actions: [...before, ...last, ...(last.length > 0 ? afterwards : [])],
    chance,
  }));
