import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReordering, type Reordering } from './reordering.ts';
import { type Check, lawOf } from './testing/laws.ts';

const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`laws of reordering: seed ${seed}`);
const RUNS = 1_000;
const MUTANT_SEED = 7;

const histories = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 });

/** The numbers of the packets in the order in which they go, those held to the end last. */
function played(places: readonly number[], create: () => Reordering<number>): number[] {
  const reordering = create();
  const gone = places.flatMap((place, number) => reordering.next(number, place, 0));
  return [...gone, ...reordering.releaseAll()];
}

const laws: Record<string, (create: () => Reordering<number>) => Check> = {
  'each packet goes once': (create) =>
    lawOf(
      fc.property(histories, (places) => {
        expect(played(places, create).toSorted((a, b) => a - b)).toEqual(places.map((_, number) => number));
      }),
    ),
  'no packet is overtaken by more than it was held back for': (create) =>
    lawOf(
      fc.property(histories, (places) => {
        const gone = played(places, create);
        gone.forEach((number, at) => {
          const overtakers = gone.slice(0, at).filter((other) => other > number).length;
          expect(overtakers).toBeLessThanOrEqual(places[number] ?? 0);
        });
      }),
    ),
  'one alone in its history is overtaken by exactly so many, if they come': (create) =>
    lawOf(
      fc.property(fc.nat(10), fc.integer({ min: 1, max: 5 }), fc.nat(10), (before, place, after) => {
        const places = [...Array(before).fill(0), place, ...Array(after).fill(0)];
        expect(played(places, create).indexOf(before)).toBe(before + Math.min(place, after));
      }),
    ),
};

const late = (): Reordering<number> => {
  const real = createReordering<number>();
  return {
    ...real,
    expiresAtMs: undefined,
    next: (item, places, until) => real.next(item, places && places + 1, until),
  };
};
const forgetful = (): Reordering<number> => ({
  ...createReordering<number>(),
  expiresAtMs: undefined,
  releaseAll: () => [],
});

describe('reordering', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const { failed, report } = law(createReordering<number>)({ seed, numRuns: RUNS });
    expect(failed, report).toBe(false);
  });

  test.each([
    ['holds one place too long', late, 'no packet is overtaken by more than it was held back for'],
    ['forgets what it holds', forgetful, 'each packet goes once'],
  ] as const)('a mutant that %s is caught', (_name, create, breaks) => {
    const law = laws[breaks];
    expect(law?.(create)({ seed: MUTANT_SEED, numRuns: RUNS }).failed).toBe(true);
  });

  test('those whose time is over go, with what goes before them', () => {
    const reordering = createReordering<string>();
    expect(reordering.next('a', 5, 200)).toEqual([]);
    expect(reordering.next('b', 3, 100)).toEqual([]);
    expect(reordering.expiresAtMs).toBe(100);
    expect(reordering.expire(99)).toEqual([]);
    expect(reordering.expire(100)).toEqual(['b']);
    expect(reordering.expire(200)).toEqual(['a']);
    expect(reordering.expiresAtMs).toBeUndefined();
  });
});
