import { expect, test } from 'vitest';
import { shortRuns, TEST_TIMEOUT_MS } from './test-short-runs.ts';

const run = shortRuns();

test(
  'the promise is kept by a system whose worker is killed',
  async () => {
    const { verdict, recoveries } = await run('right', { kinds: ['worker-kill'] });
    expect(verdict.violations).toEqual([]);
    expect(verdict.counts.applied + verdict.counts.deadLettered).toBe(verdict.counts.acked);
    expect(verdict.counts.poison).toBeGreaterThan(0);
    expect(recoveries).toHaveLength(1);
  },
  TEST_TIMEOUT_MS,
);
