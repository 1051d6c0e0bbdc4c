import { testLaws } from '../../localstack/testing/test-laws.ts';
import { laws } from './lifecycle-laws.ts';
import { realDesk, scenarios } from './lifecycle-model.ts';
import { mutants } from './lifecycle-mutants.ts';

const RUNS = 300;

testLaws({
  of: 'alert lifecycle',
  runs: RUNS,
  laws,
  scenarios,
  holds: (law, scenario, desk) => law(scenario, desk),
  real: realDesk,
  mutants,
  subjectOf: ({ desk }) => desk,
});
