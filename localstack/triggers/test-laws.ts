import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Laws of a machine, to be tried on histories that scenarios make of it, and of machines that break them. */
interface LawTests<Scenario, Machine, Trace, Mutant extends { readonly breaks: string }> {
  /** Histories for each law. */
  readonly runs: number;
  readonly laws: Readonly<Record<string, (trace: Trace) => boolean>>;
  readonly scenarios: fc.Arbitrary<Scenario>;
  readonly play: (scenario: Scenario, machine: Machine) => Trace;
  readonly real: Machine;
  /** Each by what it does wrong, with the law that it breaks. */
  readonly mutants: Readonly<Record<string, Mutant>>;
  readonly machineOf: (mutant: Mutant) => Machine;
}

/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 7;

/** Declares the tests: the real machine keeps each law (the seed is printed), each mutant is caught, each law has one. */
export function testLaws<Scenario, Machine, Trace, Mutant extends { readonly breaks: string }>({
  runs,
  laws,
  scenarios,
  play,
  real,
  mutants,
  machineOf,
}: LawTests<Scenario, Machine, Trace, Mutant>): void {
  const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
  console.info(`machine laws: seed ${seed}`);

  const check = (law: (trace: Trace) => boolean, machine: Machine, fixedSeed = seed) =>
    fc.check(
      fc.property(scenarios, (scenario) => law(play(scenario, machine))),
      { seed: fixedSeed, numRuns: runs },
    );

  describe('laws of the machine', () => {
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
      expect(law && check(law, machineOf(mutant), MUTANT_SEED).failed, `the mutant keeps the law "${breaks}"`).toBe(
        true,
      );
    });
    test('each law has one', () => {
      const broken = Object.values(mutants).map(({ breaks }) => breaks);
      expect(Object.keys(laws).filter((law) => !broken.includes(law))).toEqual([]);
    });
  });
}
