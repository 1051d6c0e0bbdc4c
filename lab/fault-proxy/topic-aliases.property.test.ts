import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Check, lawOf } from './testing/laws.ts';
import { createTopicAliases, type TopicAliases } from './topic-aliases.ts';

const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`laws of topic aliases: seed ${seed}`);
const RUNS = 1_000;
const MUTANT_SEED = 7;

const messages = fc.array(
  fc.record({ alias: fc.integer({ min: 1, max: 3 }), topic: fc.constantFrom('a', 'b', 'c'), isLost: fc.boolean() }),
  { maxLength: 30 },
);

/** A sender that spells a topic out only when its alias means another, a proxy that loses some, and a receiver. */
function conversation(create: () => TopicAliases, list: readonly { alias: number; topic: string; isLost: boolean }[]) {
  const aliases = create();
  const sender = new Map<number, string>();
  const receiver = new Map<number, string>();
  let spelledOut = 0;
  const understood = list.flatMap(({ alias, topic, isLost }) => {
    const carries = sender.get(alias) !== topic;
    sender.set(alias, topic);
    const meant = aliases.received(alias, Buffer.from(carries ? topic : '')) ?? Buffer.from('?');
    if (isLost) return [];
    const isAdded = aliases.passing(alias, meant, carries);
    if (isAdded) spelledOut += 1;
    if (carries || isAdded) receiver.set(alias, meant.toString());
    return [{ topic, understood: receiver.get(alias) }];
  });
  return { understood, spelledOut };
}

const laws: Record<string, (create: () => TopicAliases) => Check> = {
  'the receiver understands the topic that the sender means': (create) =>
    lawOf(
      fc.property(messages, (list) =>
        conversation(create, list).understood.every(({ topic, understood }) => topic === understood),
      ),
    ),
  'while nothing is lost nothing is spelled out': (create) =>
    lawOf(
      fc.property(messages, (list) => {
        const whole = list.map((message) => ({ ...message, isLost: false }));
        return conversation(create, whole).spelledOut === 0;
      }),
    ),
};

const trusting = (): TopicAliases => ({ ...createTopicAliases(), passing: () => false });
const wordy = (): TopicAliases => ({ ...createTopicAliases(), passing: (_alias, _topic, carries) => !carries });

describe('topic aliases', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const { failed, report } = law(createTopicAliases)({ seed, numRuns: RUNS });
    expect(failed, report).toBe(false);
  });

  test.each([
    ['takes the receiver for informed', trusting, 'the receiver understands the topic that the sender means'],
    ['spells out always', wordy, 'while nothing is lost nothing is spelled out'],
  ] as const)('a mutant that %s is caught', (_name, create, breaks) => {
    expect(laws[breaks]?.(create)({ seed: MUTANT_SEED, numRuns: RUNS }).failed).toBe(true);
  });

  test('an alias set anew takes the place of the topic before', () => {
    const aliases = createTopicAliases();
    for (let i = 0; i < 1_000; i += 1) aliases.received(1, Buffer.alloc(100));
    expect(aliases.bytes).toBe(100);
  });
});
