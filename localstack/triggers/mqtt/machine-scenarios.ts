import fc from 'fast-check';
import type { Action, Scenario } from './machine-model.ts';

const DELAY_MAX_MS = 500;

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      qos: fc.constantFrom<0 | 1>(0, 1, 1),
      count: fc.integer({ min: 1, max: 8 }),
      refused: fc.constantFrom<'too_large' | 'retained' | undefined>(
        undefined,
        undefined,
        undefined,
        undefined,
        'too_large',
        'retained',
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 2 * DELAY_MAX_MS }) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('settle' as const),
      index: fc.nat(5),
      how: fc.constantFrom<'succeeds' | 'fails' | 'retriable'>('succeeds', 'succeeds', 'fails', 'fails', 'retriable'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('publish' as const),
      index: fc.nat(5),
      confirmed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'lose' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('connect' as const), resumed: fc.boolean() }) },
);
const onlyQos0 = actions.filter((action) => action.type !== 'send' || action.qos === 0);

/** Scenarios of small sizes, where queue, window and attempts meet often; half of them are stopped at some point. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    maximumConcurrency: fc.integer({ min: 1, max: 3 }),
    maximumQueueLength: fc.integer({ min: 0, max: 4 }),
    maximumAttempts: fc.constantFrom(1, 2, 3, Infinity),
    persistent: fc.boolean(),
    failureTopic: fc.boolean(),
    obedient: fc.boolean(),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    actions: fc.oneof(
      { weight: 5, arbitrary: fc.array(actions, { maxLength: 60 }) },
      { weight: 1, arbitrary: fc.array(onlyQos0, { maxLength: 60 }) },
    ),
    ending: fc.constantFrom<readonly Action[]>([], [], [{ type: 'stop' }], [{ type: 'stop' }, { type: 'abandon' }]),
    afterwards: fc.array(actions, { maxLength: 10 }),
  })
  .map(({ obedient, chance, actions: before, ending, afterwards, ...options }) => {
    const bound = options.maximumConcurrency + options.maximumQueueLength;
    return {
      // MQTT 5 brokers keep to the receive maximum; those of 3.1.1 have a window of their own.
      options: {
        ...options,
        pauseAt: obedient ? bound + 1 : bound,
        retryDelay: { minimumMs: 10, maximumMs: DELAY_MAX_MS },
      },
      window: obedient ? bound : 20,
      actions: [...before, ...ending, ...(ending.length > 0 ? afterwards : [])],
      chance,
    };
  });
