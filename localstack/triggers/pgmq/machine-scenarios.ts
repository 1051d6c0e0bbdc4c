import fc from 'fast-check';
import type { Action, Scenario } from './machine-model.ts';

const BYTES_MAX = 40;
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      bytes: fc.integer({ min: 1, max: BYTES_MAX }),
      filtered: fc.nat(3).map((n) => n === 0),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      fails: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('settle' as const),
      index: fc.nat(5),
      failing: fc.oneof(fc.constant('all' as const), fc.array(fc.boolean(), { maxLength: 5 })),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'wake' as const }) },
);

/** Scenarios of small sizes, where batches, windows and attempts meet often; half of them are stopped at some point. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    batchBytesMax: fc.constantFrom(60, 100, 10_000),
    windowMs: fc.constantFrom(0, 0, 300, 1_000),
    maximumConcurrency: fc.integer({ min: 1, max: 3 }),
    maximumAttempts: fc.constantFrom(1, 2, 3, 4, Infinity),
    invocationMs: fc.constantFrom(500, 2_000),
    slackMs: fc.constantFrom(0, 1_000, 30_000),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    actions: fc.array(actions, { maxLength: 60 }),
    ending: fc.constantFrom<readonly Action[]>([], [], [{ type: 'stop' }], [{ type: 'stop' }, { type: 'abandon' }]),
    afterwards: fc.array(actions, { maxLength: 10 }),
  })
  .map(({ slackMs, chance, actions: before, ending, afterwards, ...options }) => ({
    options: {
      ...options,
      retryDelay: { minimumMs: 10, maximumMs: 500 },
      readMax: 12,
      lingerMs: 5,
      rereadDelaysMs: [10, 50, 200],
      pollMs: 1_000,
      reconnectDelay: { minimumMs: 100, maximumMs: 1_000 },
    },
    visibilityMs: options.invocationMs + options.windowMs + slackMs,
    actions: [...before, ...ending, ...(ending.length > 0 ? afterwards : [])],
    chance,
  }));
