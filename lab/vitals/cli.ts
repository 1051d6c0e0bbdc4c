import { resolve } from 'node:path';
import { terminalProgress } from '../../localstack/setup/progress.ts';
import { config } from '../../shared/config.ts';
import { numberOption, optionsOf } from '../cli/arguments.ts';
import { requireWritable } from '../cli/output-file.ts';
import { tellVerdict } from '../cli/tell-verdict.ts';
import { untilInterrupted } from '../cli/until-interrupted.ts';
import { expectationsOf } from './expectations.ts';
import { runVitals } from './run-vitals.ts';
import { timelineOf } from './timeline.ts';
import { vitalsTable } from './vitals-table.ts';

const DEFAULTS = { beds: 500, rate: 2, duration: 30, replicas: 2, seed: 1 };
const RANGES = {
  beds: { from: 1, to: 5_000, whole: true },
  rate: { from: 0.1, to: 10 },
  duration: { from: 10, to: 3_600 },
  replicas: { from: 2, to: 16, whole: true },
  seed: { from: 0, to: 2 ** 31 - 1, whole: true },
} as const;
const INTERRUPTED = 130;

const USAGE = `npm run lab vitals -- [options]

  A hospital's monitors send recorded vital signs over MQTT; workers judge each
  reading, functions store it. In five parts: the ward as on any day, the hour's
  burst, a worker ended by kill -9, a device that floods, and afterwards. What
  has to be told is computed beside it by one process that never ends, and
  compared event by event, byte by byte.

  --beds N        beds, 20 to a ward (${DEFAULTS.beds})
  --rate N        all cadences so many times as often (${DEFAULTS.rate}: 4,200 readings a second)
  --duration S    seconds of each part (${DEFAULTS.duration})
  --replicas N    workers that judge (${DEFAULTS.replicas})
  --seed N        of what is made up, and of where each recording begins (${DEFAULTS.seed})
  --json FILE     writes all figures

  Exit code: 0 if every expectation holds, 1 if not, 130 if interrupted.
`;

const OPTIONS = {
  beds: { type: 'string' },
  rate: { type: 'string' },
  duration: { type: 'string' },
  replicas: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The command line of the experiment; `args` are what follows `npm run lab vitals --`. Returns the exit code. */
export async function vitalsFromCommandLine(args: string[]): Promise<number> {
  const values = optionsOf(args, OPTIONS, USAGE);
  if (values === undefined) return 0;
  const number = (name: keyof typeof DEFAULTS) =>
    values[name] === undefined ? DEFAULTS[name] : numberOption(`--${name}`, values[name], RANGES[name]);
  const options = { beds: number('beds'), rate: number('rate'), seed: number('seed'), replicas: number('replicas') };
  const timeline = timelineOf(number('duration'));
  const json = values.json === undefined ? undefined : resolve(values.json);
  if (json !== undefined) requireWritable('--json', json);
  const outcome = await untilInterrupted('vitals', (signal) =>
    runVitals({ ...options, timeline, config: config(), progress: terminalProgress, signal }),
  );
  if (outcome === undefined) return INTERRUPTED;
  const expectations = expectationsOf(outcome);
  return tellVerdict({
    name: 'vitals',
    args,
    figures: { ...options, ...outcome },
    expectations,
    table: (colour) => vitalsTable(outcome, expectations, colour),
    json,
  });
}
