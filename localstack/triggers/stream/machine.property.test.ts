import { testLaws } from '../test-laws.ts';
import { laws } from './machine-laws.ts';
import { play, realMachine } from './machine-model.ts';
import { mutants } from './machine-mutants.ts';
import { scenarios } from './machine-scenarios.ts';

const RUNS = 400;

testLaws({ runs: RUNS, laws, scenarios, play, real: realMachine, mutants, machineOf: ({ create }) => create });
