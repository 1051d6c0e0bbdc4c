import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Progress, terminalProgress } from '../../localstack/setup/progress.ts';
import { stopSignal } from '../../localstack/stack/stop-signal.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import type { LabResult } from '../lab-result.ts';
import { createProgressView, type ProgressView } from '../report/progress-view.ts';
import { renderReport } from '../report/report.ts';
import { verdictTable } from '../report/verdict-table.ts';
import { DEFAULT_SEED, DURATION_RANGE_S, RATE_RANGE, type RunOptions, SEED_RANGE } from '../run/options.ts';
import { progressOf } from '../run/progress.ts';
import { planRun, runExperiment } from '../run/run-experiment.ts';
import { numberOption, parseOptions } from './arguments.ts';
import { lockLab } from './lab-lock.ts';
import { requireWritable } from './output-file.ts';

const USAGE = `npm run lab <experiment> -- [options]

  Runs it: baseline, fault, recovery; prints the verdict and writes a report.

  <experiment>       a name that 'npm run lab' lists, or a .yml file
  --case NAME        only this case
  --duration S       seconds of each phase
  --rate N[,N…]      messages a second, one after the other in each phase
  --seed N           decides what is sent, and which messages MQTT faults hit
                     (default ${DEFAULT_SEED})
  --json FILE        writes all figures
  --report FILE      where the report goes (default .heartline/lab/reports/)
  --mutant NAME      makes the stage wrong on purpose; the verdict has to tell
                     (lab/README.md)
  --running          uses the stack of 'npm run lab -- start'; what its stage
                     has stored is removed
  --keep             leaves the last case's stack running until Ctrl-C

  Exit code: 0 if every expectation holds, 1 if not, or if there is no verdict,
  130 if interrupted.
`;
const OPTIONS = {
  case: { type: 'string' },
  duration: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  mutant: { type: 'string' },
  json: { type: 'string' },
  report: { type: 'string' },
  running: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
type RunValues = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];
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
  const options = optionsOf(values);
  const { cases } = planRun(experiment, options);
  const settings = config();
  const files = outputFiles(values, settings.home, experiment.name);
  const unlock = lockLab(settings.home);
  const stop = stopSignal();
  const view = createProgressView(process.stderr);
  stop.requested.then(() => {
    view.stop();
    terminalProgress.step('stop', 'ending the load, then stopping what was started …');
  });
  const publish = (result: LabResult) => {
    view.stop();
    const colour = process.stdout.isTTY === true;
    process.stdout.write(`\n${verdictTable(result, { columns: process.stdout.columns ?? DEFAULT_COLUMNS, colour })}\n`);
    if (files.json !== undefined) writeFileSync(files.json, `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(files.report, renderReport(result));
    process.stdout.write(`Report: ${files.report}\n`);
  };
  try {
    const result = await runExperiment({
      experiment,
      options,
      config: settings,
      command: ['npm run lab --', name, ...args].join(' '),
      progress: withoutView(view),
      signal: stop.signal,
      onTick: (one, index, plan, tick) => view.update(progressOf({ one, index, cases: cases.length, plan, tick })),
      async beforeStop(finished, { stack, ended }) {
        publish(finished);
        if (!options.keep) return;
        const { http, metrics } = stack.endpoints;
        terminalProgress.note('stack', `kept: ${http}, metrics ${metrics}. Ctrl-C stops it.`);
        const how = await Promise.race([stop.requested, ended]);
        if (how !== undefined) terminalProgress.note('stack', how);
      },
    });
    return result.holds ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    terminalProgress.note('stop', 'all stopped. The run was interrupted: there is no verdict.');
    return INTERRUPTED;
  } finally {
    view.stop();
    unlock();
  }
}

function optionsOf(values: RunValues): RunOptions {
  if (values.running && values.keep)
    throw new PermanentError('argument', '--keep: a stack that is used by --running goes on running anyway.');
  if (values.running && values.mutant !== undefined)
    throw new PermanentError(
      'argument',
      '--mutant: a stack that goes on running must not stay wrong. Leave out --running.',
    );
  return {
    durationS:
      values.duration === undefined ? undefined : numberOption('--duration', values.duration, DURATION_RANGE_S),
    rates: values.rate?.split(',').map((rate) => numberOption('--rate', rate, RATE_RANGE)),
    seed: values.seed === undefined ? DEFAULT_SEED : numberOption('--seed', values.seed, SEED_RANGE),
    caseName: values.case,
    mutant: values.mutant,
    running: values.running,
    keep: values.keep,
  };
}

/** Where the outcome goes; that it can go there is found out before the run. */
function outputFiles({ report, json }: { report?: string; json?: string }, home: string, experiment: string) {
  const files = {
    report: report === undefined ? defaultReport(home, experiment) : resolve(report),
    json: json === undefined ? undefined : resolve(json),
  };
  if (files.json === files.report) throw new PermanentError('argument', '--json and --report name the same file.');
  requireWritable('--report', files.report);
  if (files.json !== undefined) requireWritable('--json', files.json);
  return files;
}

/** A line of progress goes below what the view has drawn, which stays. */
function withoutView(view: ProgressView): Progress {
  const line = (say: (name: string, text: string) => void) => (name: string, text: string) => {
    view.stop();
    say(name, text);
  };
  const { step, done, note } = terminalProgress;
  return { step: line(step), done: line(done), note: line(note) };
}

function defaultReport(home: string, experiment: string): string {
  const at = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return join(home, 'lab', 'reports', `${experiment.replaceAll(/[^\w-]+/g, '-')}-${at}.html`);
}
