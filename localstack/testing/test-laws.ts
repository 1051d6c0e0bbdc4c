import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Laws of something, to be tried on histories that scenarios make with it, and of subjects that break them. */
interface LawTests<Scenario, Subject, Law, Mutant extends { readonly breaks: string }> {
  /** Of whom they are: `machine`. */
  readonly of: string;
  /** Histories for each law. */
  readonly runs: number;
  readonly laws: Readonly<Record<string, Law>>;
  readonly scenarios: fc.Arbitrary<Scenario>;
  readonly holds: (law: Law, scenario: Scenario, subject: Subject) => boolean;
  readonly real: Subject;
  /** Each by what it does wrong, with the law that it breaks. */
  readonly mutants: Readonly<Record<string, Mutant>>;
  readonly subjectOf: (mutant: Mutant) => Subject;
}

/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 7;

/** Declares the tests: the real one keeps each law (the seed is printed), each mutant is caught, each law has one. */
export function testLaws<Scenario, Subject, Law, Mutant extends { readonly breaks: string }>({
  of,
  runs,
  laws,
  scenarios,
  holds,
  real,
  mutants,
  subjectOf,
}: LawTests<Scenario, Subject, Law, Mutant>): void {
  const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
  console.info(`${of} laws: seed ${seed}`);

  const check = (law: Law, subject: Subject, fixedSeed = seed) =>
    fc.check(
      fc.property(scenarios, (scenario) => holds(law, scenario, subject)),
      { seed: fixedSeed, numRuns: runs },
    );

  describe(`laws of the ${of}`, () => {
    test.each(Object.entries(laws))('%s', (_name, law) => {
      const result = check(law, real);
      expect(result.failed, `seed ${seed}: ${fc.defaultReportMessage(result)}`).toBe(false);
    });
  });

  describe('mutants', () => {
    test.each(Object.entries(mutants))('one that %s is caught', (_name, mutant) => {
      const { breaks } = mutant;
      const law = laws[breaks];
      expect(law, breaks).toBeDefined();
      const result = law && check(law, subjectOf(mutant), MUTANT_SEED);
      expect(result?.failed, `the mutant keeps the law "${breaks}"`).toBe(true);
      expect(result?.counterexample, 'caught by a history, not by skipping too many').not.toBeNull();
    });
    test('each law has one', () => {
      const broken = Object.values(mutants).map(({ breaks }) => breaks);
      expect(Object.keys(laws).filter((law) => !broken.includes(law))).toEqual([]);
    });
  });
}
