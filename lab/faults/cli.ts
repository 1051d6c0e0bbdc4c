import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { terminalProgress } from '../../localstack/setup/progress.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { numberOption, optionsOf } from '../cli/arguments.ts';
import { untilInterrupted } from '../cli/until-interrupted.ts';
import { MUTANTS, type Mutant } from './mutants/mutants.ts';
import { runOnOwnSystem } from './own/run-on-own-system.ts';
import { resultTable } from './run/result-table.ts';
import type { FaultOutcome } from './run/run-faults.ts';
import type { Schedule } from './schedule/fault.ts';
import { schedule } from './schedule/schedule.ts';
import { scheduleTable } from './schedule/schedule-table.ts';

const DEFAULTS = { seed: 1, minutes: 12, replicas: 3, rate: 200 };
const RANGES = {
  seed: { from: 0, to: Number.MAX_SAFE_INTEGER, whole: true },
  minutes: { from: 0.5, to: 24 * 60 },
  replicas: { from: 1, to: 16, whole: true },
  rate: { from: 1, to: 1_000, whole: true },
} as const;
const INTERRUPTED = 130;

const USAGE = `npm run lab faults -- [options]

  Kills, freezes, cuts and delays what carries alerts from devices through
  a stream to effects in a database, by a schedule that the seed decides, and
  says from their logs whether the promise was kept: at least once, each effect
  exactly once, in order of each patient; and how soon throughput came back.

  --seed N         decides the schedule and what is sent (default ${DEFAULTS.seed})
  --minutes M      of load (default ${DEFAULTS.minutes}; from ${RANGES.minutes.from})
  --replicas N     workers (default ${DEFAULTS.replicas})
  --rate N         messages a second (default ${DEFAULTS.rate})
  --plan           prints the schedule, and does nothing
  --mutant NAME    a system that is wrong on purpose, which has to be found:
${Object.entries(MUTANTS)
  .map(([name, { title }]) => `    ${name}\n      ${title}\n`)
  .join('')}  --keep           keeps data and logs

  Exit code: 0 if the promise was kept and throughput came back, 1 if not,
  130 if interrupted.
`;

const OPTIONS = {
  seed: { type: 'string' },
  minutes: { type: 'string' },
  replicas: { type: 'string' },
  rate: { type: 'string' },
  mutant: { type: 'string' },
  plan: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The fault checker's command line; `args` are what follows `npm run lab faults --`. Returns the exit code. */
export async function faultsFromCommandLine(args: string[]): Promise<number> {
  const values = optionsOf(args, OPTIONS, USAGE);
  if (values === undefined) return 0;
  const number = (name: keyof typeof DEFAULTS) =>
    values[name] === undefined ? DEFAULTS[name] : numberOption(`--${name}`, values[name], RANGES[name]);
  const mutant = mutantOf(values.mutant);
  const plan = schedule(number('seed'), number('minutes'), mutant?.schedule);
  process.stdout.write(`${scheduleTable(plan)}\n\n`);
  if (values.plan) return 0;
  const command = ['npm run lab faults --', ...args].join(' ');
  const options = { replicas: number('replicas'), rate: number('rate'), keep: values.keep };
  const outcome = await run(plan, options, mutant);
  if (outcome === undefined) return INTERRUPTED;
  process.stdout.write(`\n${resultTable(plan, outcome)}\n`);
  process.stdout.write(`\nResult: ${resultFile(plan, outcome, command, values.mutant)}\nAgain:  ${command}\n`);
  return outcome.ok ? 0 : 1;
}

function mutantOf(name: string | undefined): Mutant | undefined {
  if (name === undefined) return undefined;
  const mutant = Object.hasOwn(MUTANTS, name) ? MUTANTS[name] : undefined;
  if (mutant) return mutant;
  throw new PermanentError('argument', `--mutant ${name}: there are ${Object.keys(MUTANTS).join(', ')}`);
}

interface RunOptions {
  readonly replicas: number;
  readonly rate: number;
  readonly keep: boolean;
}

/** @returns undefined when it was interrupted */
async function run(plan: Schedule, options: RunOptions, mutant: Mutant | undefined): Promise<FaultOutcome | undefined> {
  const { keep, ...rest } = options;
  const lab = join(config().home, 'lab');
  const home = join(lab, 'faults');
  return await untilInterrupted('faults', async (signal) => {
    try {
      return await runOnOwnSystem({ ...rest, home, plan, mutant, progress: terminalProgress, signal });
    } finally {
      if (keep) terminalProgress.note('faults', `data and logs are kept in ${home}`);
      else rmSync(home, { recursive: true, force: true });
    }
  });
}

function resultFile(plan: Schedule, outcome: FaultOutcome, command: string, mutant: string | undefined): string {
  const folder = join(config().home, 'lab', 'results');
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const file = join(folder, `faults-${plan.seed}-${at.slice(0, 19).replaceAll(/[-:]/g, '')}.json`);
  writeFileSync(file, `${JSON.stringify({ at, command, mutant, schedule: plan, ...outcome }, null, 2)}\n`);
  return file;
}
