import { testLaws } from '../../localstack/testing/test-laws.ts';
import { laws } from './evaluate-laws.ts';
import { realAlerter, scenarios } from './evaluate-model.ts';
import { mutants } from './evaluate-mutants.ts';

const RUNS = 300;

testLaws({
  of: 'alerter',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, subject) => law(scenario, subject),
  real: realAlerter,
  mutants,
  subjectOf: ({ subject }) => subject,
});
