import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Law, laws } from './test-machine-laws.ts';
import { type CreateMachine, play, realMachine } from './test-machine-model.ts';
import { mutants } from './test-machine-mutants.ts';
import { scenarios } from './test-machine-scenarios.ts';

const RUNS = 500;
const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`publisher laws: seed ${seed}`);
/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 11;
const MUTANT_RUNS = 3_000;

const check = (law: Law, create: CreateMachine, fixedSeed: number, numRuns: number) =>
  fc.check(
    fc.property(scenarios, (scenario) => law(play(scenario, create))),
    { seed: fixedSeed, numRuns },
  );

describe('laws of the publisher', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const result = check(law, realMachine, seed, RUNS);
    expect(result.failed, `seed ${seed}: ${fc.defaultReportMessage(result)}`).toBe(false);
  });
});

describe('mutants', () => {
  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, create }) => {
    const law = laws[breaks];
    expect(law, breaks).toBeDefined();
    expect(law && check(law, create, MUTANT_SEED, MUTANT_RUNS).failed, `the mutant keeps "${breaks}"`).toBe(true);
  });
  test('each law has one', () => {
    expect(Object.keys(laws).filter((law) => !Object.values(mutants).some(({ breaks }) => breaks === law))).toEqual([]);
  });
});
