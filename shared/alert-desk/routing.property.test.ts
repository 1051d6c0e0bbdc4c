import { testLaws } from '../../localstack/testing/test-laws.ts';
import { laws } from './routing-laws.ts';
import { realRouter, scenarios } from './routing-model.ts';
import { mutants } from './routing-mutants.ts';

const RUNS = 500;

testLaws({
  of: 'alert routing',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, router) => law(scenario, router),
  real: realRouter,
  mutants,
  subjectOf: ({ router }) => router,
});
