import { defineConfig } from 'vitest/config';

// Files run in parallel processes, one a core: with more, scripts that apply a load do not get to. Each clones its own
// database from a template, so none sees another's rows.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.heartline/**'],
    globalSetup: ['localstack/testing/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
});
