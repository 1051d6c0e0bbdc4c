import { describe, expect, test } from 'vitest';
import { shortRuns, TEST_TIMEOUT_MS } from '../test-short-runs.ts';
import { MUTANTS } from './mutants.ts';

const run = shortRuns();

// Without a fence nothing shows before the broker has given a silent worker up, after half a minute: run it by hand.
const SHORT = Object.entries(MUTANTS).filter(([name]) => name !== 'no-fence');

// Two at a time: most of a run is waiting.
describe.concurrent('is found', () => {
  test.each(SHORT)(
    'the mutant %s',
    async (name, { schedule: options, breach }) => {
      const { ok, verdict } = await run(name, options);
      expect(ok).toBe(false);
      expect(verdict.violations.map((one) => one.breach)).toContain(breach);
    },
    TEST_TIMEOUT_MS,
  );
});
