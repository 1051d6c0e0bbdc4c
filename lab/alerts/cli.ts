import { resolve } from 'node:path';
import { terminalProgress } from '../../localstack/setup/progress.ts';
import { config } from '../../shared/config.ts';
import { numberOption, optionsOf } from '../cli/arguments.ts';
import { requireWritable } from '../cli/output-file.ts';
import { tellVerdict } from '../cli/tell-verdict.ts';
import { untilInterrupted } from '../cli/until-interrupted.ts';
import { alertsTable } from './alerts-table.ts';
import { expectationsOf } from './expectations.ts';
import { runAlerts } from './run-alerts.ts';
import { timelineOf } from './timeline.ts';

const DEFAULTS = { beds: 500, rate: 2, burst: 500, duration: 30, seed: 1 };
const RANGES = {
  beds: { from: 1, to: 5_000, whole: true },
  rate: { from: 0.1, to: 10 },
  burst: { from: 1, to: 600, whole: true },
  duration: { from: 10, to: 3_600 },
  seed: { from: 0, to: 2 ** 31 - 1, whole: true },
} as const;
const INTERRUPTED = 130;

const USAGE = `npm run lab alerts -- [options]

  A hospital's monitors send recorded vital signs; workers judge them, publish
  alerts and page; a station sees each ward's wall, staff acknowledge. In five
  parts: the ward as on any day, a publisher, a sender and a judge ended by
  kill -9, and a burst of alerts at once. Then every alert, every answer and
  every page is accounted for.

  --beds N        beds, 20 to a ward (${DEFAULTS.beds})
  --rate N        all cadences so many times as often (${DEFAULTS.rate}: 4,200 readings a second)
  --burst N       alerts at once (${DEFAULTS.burst})
  --duration S    seconds of each part (${DEFAULTS.duration})
  --seed N        of what is made up, and of where each recording begins (${DEFAULTS.seed})
  --json FILE     writes all figures

  Exit code: 0 if every expectation holds, 1 if not, 130 if interrupted.
`;

const OPTIONS = {
  beds: { type: 'string' },
  rate: { type: 'string' },
  burst: { type: 'string' },
  duration: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The command line of the experiment; `args` are what follows `npm run lab alerts --`. Returns the exit code. */
export async function alertsFromCommandLine(args: string[]): Promise<number> {
  const values = optionsOf(args, OPTIONS, USAGE);
  if (values === undefined) return 0;
  const number = (name: keyof typeof DEFAULTS) =>
    values[name] === undefined ? DEFAULTS[name] : numberOption(`--${name}`, values[name], RANGES[name]);
  const options = { beds: number('beds'), rate: number('rate'), burst: number('burst'), seed: number('seed') };
  const timeline = timelineOf(number('duration'));
  const json = values.json === undefined ? undefined : resolve(values.json);
  if (json !== undefined) requireWritable('--json', json);
  const outcome = await untilInterrupted('alerts', (signal) =>
    runAlerts({ ...options, timeline, config: config(), progress: terminalProgress, signal }),
  );
  if (outcome === undefined) return INTERRUPTED;
  const expectations = expectationsOf(outcome);
  return tellVerdict({
    name: 'alerts',
    args,
    figures: { ...options, ...outcome },
    expectations,
    table: (colour) => alertsTable(outcome, expectations, colour),
    json,
  });
}
