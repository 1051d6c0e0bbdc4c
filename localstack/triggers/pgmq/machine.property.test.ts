import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchLimit } from './batching.ts';
import { type Law, laws } from './machine-laws.ts';
import { play, realStep, type StepFunction } from './machine-model.ts';
import { mutants } from './machine-mutants.ts';
import { scenarios } from './machine-scenarios.ts';

const RUNS = 1_500;
const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`machine laws: seed ${seed}`);

/** A mutant has to be caught each time, so its histories are the same each time. */
const MUTANT_SEED = 7;

const check = (law: Law, stepFunction: StepFunction, fixedSeed = seed) =>
  fc.check(
    fc.property(scenarios, (scenario) => law(play(scenario, stepFunction))),
    { seed: fixedSeed, numRuns: RUNS },
  );

describe('laws of the machine', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const result = check(law, realStep);
    expect(result.failed, `seed ${seed}: ${fc.defaultReportMessage(result)}`).toBe(false);
  });
});

describe('mutants', () => {
  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, step }) => {
    const law = laws[breaks];
    expect(law, breaks).toBeDefined();
    expect(law && check(law, step, MUTANT_SEED).failed, `the mutant keeps the law "${breaks}"`).toBe(true);
  });
});

test('batches narrow to one record at the last attempt', () => {
  const narrowing = (batchSize: number, maximumAttempts: number) =>
    [1, 2, 3, 4, 5, 6].map((attempt) => batchLimit(attempt, { ...base, batchSize, maximumAttempts }));
  const base = {
    batchBytesMax: 1,
    windowMs: 0,
    maximumConcurrency: 1,
    invocationMs: 1,
    retryDelay: { minimumMs: 0, maximumMs: 0 },
    readMax: 1,
    lingerMs: 0,
    rereadDelaysMs: [],
    pollMs: 1,
    reconnectDelay: { minimumMs: 1, maximumMs: 1 },
  };
  expect(narrowing(10_000, 5)).toEqual([10_000, 1_000, 100, 10, 1, 1]);
  expect(narrowing(10, 5)).toEqual([10, 6, 4, 2, 1, 1]);
  expect(narrowing(10, Infinity)).toEqual([10, 5, 3, 2, 1, 1]);
  expect(narrowing(10, 1)).toEqual([10, 1, 1, 1, 1, 1]);
});
