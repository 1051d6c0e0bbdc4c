import { defineConfig } from 'vitest/config';

/** Tests that put a load on what they test, or look how it keeps up: beside more than two others they measure the machine. */
const LOAD = [
  'deploy/grafana/**/*.test.ts',
  'k6/*.test.ts',
  'lab/lab.test.ts',
  'lab/mutants/**/*.test.ts',
  'lab/workers/**/*.test.ts',
  'localstack/stack/*.test.ts',
];
const NEVER = ['**/node_modules/**', '.heartline/**'];

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
      { test: { ...common, name: 'load', include: LOAD, exclude: NEVER, maxWorkers: 3, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...common,
          name: 'rest',
          include: ['**/*.test.ts'],
          exclude: [...NEVER, ...LOAD],
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
