import { testLaws } from '../../testing/test-laws.ts';
import { laws } from './machine-laws.ts';
import { play, realMachine } from './machine-model.ts';
import { mutants } from './machine-mutants.ts';
import { scenarios } from './machine-scenarios.ts';

const RUNS = 400;

testLaws({
  of: 'machine',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, machine) => law(play(scenario, machine)),
  real: realMachine,
  mutants,
  subjectOf: ({ create }) => create,
});
