import { testLaws } from '../../../localstack/testing/test-laws.ts';
import { laws } from './verdict-laws.ts';
import { realCheck, scenarios } from './verdict-model.ts';
import { mutants } from './verdict-mutants.ts';

const RUNS = 600;

testLaws({
  of: 'verdict',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, check) => law(scenario, check),
  real: realCheck,
  mutants,
  subjectOf: ({ check }) => check,
});
