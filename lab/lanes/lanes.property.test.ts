import { testLaws } from '../../localstack/testing/test-laws.ts';
import { laws } from './lanes-laws.ts';
import { realCheck, scenarios } from './lanes-model.ts';
import { mutants } from './lanes-mutants.ts';

const RUNS = 500;

testLaws({
  of: 'lane check',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, check) => law(scenario, check),
  real: realCheck,
  mutants,
  subjectOf: ({ check }) => check,
});
