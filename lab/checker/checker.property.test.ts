import { testLaws } from '../../localstack/testing/test-laws.ts';
import { laws } from './checker-laws.ts';
import { realCheck, scenarios } from './checker-model.ts';
import { mutants } from './checker-mutants.ts';

const RUNS = 1_000;

testLaws({
  of: 'checker',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, check) => law(scenario, check),
  real: realCheck,
  mutants,
  subjectOf: ({ check }) => check,
});
