import { testLaws } from '../../localstack/testing/test-laws.ts';
import { superseded } from './superseding.ts';
import { laws, mutants, scenarios } from './superseding-laws.ts';

const RUNS = 300;

testLaws({
  of: 'superseding of alerts',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, supersede) => law(scenario, supersede),
  real: superseded,
  mutants,
  subjectOf: ({ supersede }) => supersede,
});
