import { mkdirSync, rmSync } from 'node:fs';
import type { Progress } from '../../../localstack/setup/progress.ts';
import type { Mutant } from '../mutants/mutants.ts';
import { type FaultOutcome, runFaults } from '../run/run-faults.ts';
import type { Schedule } from '../schedule/fault.ts';
import { faultWords } from '../schedule/schedule-table.ts';
import { startOwnSystem } from './own-system.ts';
import { producerProcess } from './producer-process.ts';

export interface OwnRunOptions {
  /** What is in it is removed. */
  readonly home: string;
  readonly plan: Schedule;
  readonly replicas: number;
  /** Messages a second. */
  readonly rate: number;
  /** Undefined: the workload as it should be. */
  readonly mutant: Mutant | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Runs the schedule on a broker, a database and workers of its own. However it ends, nothing that it started stays. */
export async function runOnOwnSystem(options: OwnRunOptions): Promise<FaultOutcome> {
  const { home, plan, replicas, rate, mutant, progress, signal } = options;
  const { seed } = plan;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const own = await startOwnSystem({ home, seed, replicas, function: mutant?.function ?? 'right', progress, signal });
  const load = producerProcess({ home, port: own.devicesPort, rate, seed, mutant: mutant?.producer });
  try {
    return await runFaults({
      schedule: plan,
      system: own.system,
      evidence: own.evidence,
      load,
      stopWorkers: own.stopWorkers,
      say: (text) => progress.step('faults', text),
      words: ({ action }) => faultWords(action),
      signal,
    });
  } finally {
    await load.kill();
    await own.stop();
  }
}
