import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Law } from './machine-history.ts';
import { laws } from './machine-laws.ts';
import { type CreateMachine, play, realMachine } from './machine-model.ts';
import { mutants } from './machine-mutants.ts';
import { scenarios } from './machine-scenarios.ts';

const RUNS = 400;
const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`machine laws: seed ${seed}`);

/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 7;

const check = (law: Law, create: CreateMachine, fixedSeed = seed) =>
  fc.check(
    fc.property(scenarios, (scenario) => law(play(scenario, create))),
    { seed: fixedSeed, numRuns: RUNS },
  );

describe('laws of the machine', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const result = check(law, realMachine);
    expect(result.failed, `seed ${seed}: ${fc.defaultReportMessage(result)}`).toBe(false);
  });
});

describe('mutants', () => {
  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, create }) => {
    const law = laws[breaks];
    expect(law, breaks).toBeDefined();
    expect(law && check(law, create, MUTANT_SEED).failed, `the mutant keeps the law "${breaks}"`).toBe(true);
  });
  test('each law has one', () => {
    expect(Object.keys(laws).filter((law) => !Object.values(mutants).some(({ breaks }) => breaks === law))).toEqual([]);
  });
});
