import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Law, laws } from './verdict-laws.ts';
import { type Check, realCheck, scenarios } from './verdict-model.ts';
import { mutants } from './verdict-mutants.ts';

const RUNS = 600;
const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`verdict laws: seed ${seed}`);

/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 7;

const verify = (law: Law, check: Check, fixedSeed = seed) =>
  fc.check(
    fc.property(scenarios, (scenario) => law(scenario, check)),
    { seed: fixedSeed, numRuns: RUNS },
  );

describe('laws of the verdict', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const result = verify(law, realCheck);
    expect(result.failed, `seed ${seed}: ${fc.defaultReportMessage(result)}`).toBe(false);
  });
});

describe('mutants', () => {
  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, check }) => {
    const law = laws[breaks];
    expect(law, breaks).toBeDefined();
    const result = law && verify(law, check, MUTANT_SEED);
    expect(result?.failed, `the mutant keeps the law "${breaks}"`).toBe(true);
    expect(result?.counterexample, 'caught by a history, not by skipping too many').not.toBeNull();
  });

  test('every law has one', () => {
    const broken = new Set(Object.values(mutants).map(({ breaks }) => breaks));
    expect(Object.keys(laws).filter((law) => !broken.has(law))).toEqual([]);
  });
});
