import { defineConfig } from 'vitest/config';

/** Tests that put a load on what they test, or look how it keeps up: beside more than one other they measure the machine. */
const LOAD = [
  'deploy/grafana/**/*.test.ts',
  'k6/*.test.ts',
  'lab/lab.test.ts',
  'lab/mutants/**/*.test.ts',
  'lab/workers/**/*.test.ts',
  'localstack/stack/*.test.ts',
];
/** Tests that can wait, for they kill nothing and look at no clock: they run beside those, and leave them the processor. */
const LIGHT = [
  '**/*.property.test.ts',
  'deploy/*.test.ts',
  'functions/**/*.test.ts',
  'k6/{lib,mqtt,testing}/**/*.test.ts',
  'lab/{checker,conservation,experiment,links,measure,report,run}/**/*.test.ts',
  'lab/faults/**/*.test.ts',
  'localstack/{iot-data-plane,observability,redrive,topology,ward,worker}/**/*.test.ts',
  'localstack/triggers/stream-client/**/*.test.ts',
  'shared/**/*.test.ts',
];
const NEVER = ['**/node_modules/**', '.heartline/**'];
const FAULTS = '**/*.fault.test.ts';

const common = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 30_000,
  maxConcurrency: 2,
} as const;

// Files run in parallel processes. Each clones its own database from a template, so none sees another's rows.
export default defineConfig({
  test: {
    ...common,
    globalSetup: ['localstack/testing/global-setup.ts'],
    projects: [
      { test: { ...common, name: 'load', include: LOAD, exclude: NEVER, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...common,
          name: 'light',
          include: LIGHT,
          exclude: [...NEVER, FAULTS],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'rest',
          include: ['**/*.test.ts', FAULTS],
          exclude: [...NEVER, ...LOAD, ...LIGHT.map((files) => files.replace('*.test.ts', '!(*.fault).test.ts'))],
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
