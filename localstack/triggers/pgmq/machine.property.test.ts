import { expect, test } from 'vitest';
import { testLaws } from '../../testing/test-laws.ts';
import { batchLimit } from './batching.ts';
import { laws } from './machine-laws.ts';
import { play, realStep } from './machine-model.ts';
import { mutants } from './machine-mutants.ts';
import { scenarios } from './machine-scenarios.ts';

const RUNS = 1_500;

testLaws({
  of: 'machine',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, machine) => law(play(scenario, machine)),
  real: realStep,
  mutants,
  subjectOf: ({ step }) => step,
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
