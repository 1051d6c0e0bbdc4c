import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { takeLock } from '../../localstack/lock-file.ts';
import { terminalProgress } from '../../localstack/setup/progress.ts';
import { stopSignal } from '../../localstack/stack/stop-signal.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import type { LabResult } from '../lab-result.ts';
import { createProgressView } from '../report/progress-view.ts';
import { renderReport } from '../report/report.ts';
import { verdictTable } from '../report/verdict-table.ts';
import { DEFAULT_SEED, DURATION_RANGE_S, RATE_RANGE, type RunOptions, SEED_RANGE } from '../run/options.ts';
import { progressOf } from '../run/progress.ts';
import { runExperiment } from '../run/run-experiment.ts';
import { numberOption, parseOptions } from './arguments.ts';

const USAGE = `npm run lab -- <experiment> [options]     runs it: baseline, fault, recovery; prints the verdict, writes a report

  <experiment>       a name that 'npm run lab' lists, or a .yml file
  --case NAME        only this case
  --duration S       seconds of each phase
  --rate N[,N…]      messages a second, one after the other in each phase
  --seed N           decides what is sent and which messages the MQTT faults hit (default ${DEFAULT_SEED})
  --json FILE        writes all figures
  --report FILE      where the report goes (default .heartline/lab/reports/)
  --running          uses the stack of 'npm run lab -- start'; what its stage has stored is removed
  --keep             leaves the last case's stack running until Ctrl-C

  Exit code 0 if every expectation holds, 1 if not.
`;
const OPTIONS = {
  case: { type: 'string' },
  duration: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
  report: { type: 'string' },
  running: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const DEFAULT_COLUMNS = 80;
const INTERRUPTED = 130;

export async function runFromCommandLine(name: string, args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS, USAGE);
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals.length > 0)
    throw new PermanentError('argument', `'${positionals.join(' ')}' is one too many.\n\n${USAGE}`);
  const experiment = loadExperiment(name);
  const options: RunOptions = {
    durationS:
      values.duration === undefined ? undefined : numberOption('--duration', values.duration, DURATION_RANGE_S),
    rates: values.rate?.split(',').map((rate) => numberOption('--rate', rate, RATE_RANGE)),
    seed: values.seed === undefined ? DEFAULT_SEED : numberOption('--seed', values.seed, SEED_RANGE),
    caseName: values.case,
    running: values.running,
    keep: values.keep,
  };
  const settings = config();
  const unlock = lockLab(settings.home);
  const stop = stopSignal();
  const view = createProgressView(process.stderr);
  try {
    const result = await runExperiment({
      experiment,
      options,
      config: settings,
      command: ['npm run lab --', name, ...args].join(' '),
      progress: terminalProgress,
      signal: stop.signal,
      onTick: (one, index, plan, tick) =>
        view.update(
          progressOf({ one, index, cases: options.caseName === undefined ? experiment.cases.length : 1, plan, tick }),
        ),
      ...(options.keep
        ? {
            async beforeStop({ stack }) {
              view.stop();
              process.stderr.write(
                `The stack is kept: ${stack.endpoints.http}, metrics ${stack.endpoints.metrics}. Ctrl-C stops it.\n`,
              );
              await stop.requested;
            },
          }
        : {}),
    });
    view.stop();
    process.stdout.write(
      `\n${verdictTable(result, { columns: process.stdout.columns ?? DEFAULT_COLUMNS, colour: process.stdout.isTTY })}\n`,
    );
    const report = resolve(values.report ?? defaultReport(settings.home, result));
    write(report, renderReport(result));
    process.stdout.write(`Report: ${report}\n`);
    if (values.json !== undefined) write(resolve(values.json), `${JSON.stringify(result, null, 2)}\n`);
    return result.holds ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    view.stop();
    unlock();
  }
}

function lockLab(home: string): () => void {
  mkdirSync(join(home, 'lab'), { recursive: true });
  const taken = takeLock(join(home, 'lab', 'lab.lock'));
  if (typeof taken === 'function') return taken;
  throw new PermanentError(
    'lab_running',
    `An experiment is running here already (process ${taken.heldBy}): one at a time, or they measure each other.`,
  );
}

function defaultReport(home: string, { experiment, startedAt }: LabResult): string {
  const at = startedAt.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return join(home, 'lab', 'reports', `${experiment.name.replaceAll(/[^\w-]+/g, '-')}-${at}.html`);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
