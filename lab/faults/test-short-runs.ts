import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { MUTANTS } from './mutants/mutants.ts';
import { runOnOwnSystem } from './own/run-on-own-system.ts';
import { type ScheduleOptions, schedule } from './schedule/schedule.ts';

/** A broker, a database and workers are started and stopped in each. */
export const TEST_TIMEOUT_MS = 240_000;
const SEED = 3;
/** A baseline, and for one fault a calm phase after it. */
const MINUTES = { withoutFault: 0.2, withFault: 0.5 };
const RATE = 100;

/** Runs the system `right` or a mutant of it, in a folder of the test file. */
export function shortRuns() {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heartline-faults-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return (name: string, options: ScheduleOptions) => {
    const minutes = options.kinds?.length === 0 ? MINUTES.withoutFault : MINUTES.withFault;
    const plan = schedule(SEED, minutes, options);
    expect(plan.faults.length > 0, 'there is room for the fault').toBe(options.kinds?.length !== 0);
    const signal = new AbortController().signal;
    const common = { home: join(folder, name), plan, replicas: 2, rate: RATE, progress: silentProgress, signal };
    return runOnOwnSystem({ ...common, mutant: MUTANTS[name] });
  };
}
