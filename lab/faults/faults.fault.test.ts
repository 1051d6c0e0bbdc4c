import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { MUTANTS } from './mutants/mutants.ts';
import { runOnOwnSystem } from './own/run-on-own-system.ts';
import { type ScheduleOptions, schedule } from './schedule/schedule.ts';

/** A broker, a database and workers are started and stopped in each. */
const TEST_TIMEOUT_MS = 240_000;
const SEED = 3;
/** A baseline, and for one fault a calm phase after it. */
const MINUTES = { withoutFault: 0.2, withFault: 0.5 };
const RATE = 100;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heartline-faults-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function run(name: string, options: ScheduleOptions) {
  const minutes = options.kinds?.length === 0 ? MINUTES.withoutFault : MINUTES.withFault;
  const plan = schedule(SEED, minutes, options);
  expect(plan.faults.length > 0, 'there is room for the fault').toBe(options.kinds?.length !== 0);
  const signal = new AbortController().signal;
  const common = { home: join(folder, name), plan, replicas: 2, rate: RATE, progress: silentProgress, signal };
  return runOnOwnSystem({ ...common, mutant: MUTANTS[name] });
}

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

// Without a fence nothing shows before the broker has given a silent worker up, after half a minute: run it by hand.
const SHORT = Object.entries(MUTANTS).filter(([name]) => name !== 'no-fence');

test.each(SHORT)(
  'the mutant %s is found',
  async (name, { schedule: options, breach }) => {
    const { ok, verdict } = await run(name, options);
    expect(ok).toBe(false);
    expect(verdict.violations.map((one) => one.breach)).toContain(breach);
  },
  TEST_TIMEOUT_MS,
);
