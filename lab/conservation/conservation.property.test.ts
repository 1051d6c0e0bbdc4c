import { testLaws } from '../../localstack/testing/test-laws.ts';
import { laws } from './conservation-laws.ts';
import { realCheck, scenarios } from './conservation-model.ts';
import { mutants } from './conservation-mutants.ts';

const RUNS = 500;

testLaws({
  of: 'conservation check',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, check) => law(scenario, check),
  real: realCheck,
  mutants,
  subjectOf: ({ check }) => check,
});
