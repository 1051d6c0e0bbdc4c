import { PermanentError } from '../../shared/errors.ts';
import { alarmQualityFromCommandLine } from '../alarm-quality/cli.ts';
import { alertsFromCommandLine } from '../alerts/cli.ts';
import { experimentNames, loadExperiment } from '../experiment/load-experiment.ts';
import { faultsFromCommandLine } from '../faults/cli.ts';
import { vitalsFromCommandLine } from '../vitals/cli.ts';
import { runFromCommandLine } from './run.ts';
import { startFromCommandLine } from './start.ts';
import { toxicFromCommandLine } from './toxic.ts';

const USAGE = `npm run lab                    lists the experiments
npm run lab <experiment>       runs one: baseline, fault, recovery, verdict
npm run lab faults             kills, stops and cuts everything by a seed, and judges
npm run lab vitals             a hospital's readings judged while workers die
npm run lab alerts             from a reading to a wall and a pager, while all of it dies
npm run lab alarm-quality      replays recorded patients, and judges the alerts
npm run lab -- start           starts a stack whose links can be disturbed
npm run lab -- toxic <what>    lists and changes the faults of a running one

Each takes --help.
`;
const GAP_COLUMNS = 2;

/** The lab's command line; `args` are what follows `npm run lab --`. Returns the exit code. */
export async function labCli(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined) return list();
  if (command === '--help' || command === '-h') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === 'alerts') return await alertsFromCommandLine(rest);
  if (command === 'alarm-quality') return await alarmQualityFromCommandLine(rest);
  if (command === 'faults') return await faultsFromCommandLine(rest);
  if (command === 'vitals') return await vitalsFromCommandLine(rest);
  if (command === 'start') return await startFromCommandLine(rest);
  if (command === 'toxic') return await toxicFromCommandLine(rest);
  if (command.startsWith('-'))
    throw new PermanentError('argument', `${command}: name an experiment first.\n\n${USAGE}`);
  return await runFromCommandLine(command, rest);
}

function list(): number {
  process.stdout.write('Experiments:\n\n');
  const names = experimentNames();
  const columns = Math.max(...names.map(({ length }) => length)) + GAP_COLUMNS;
  for (const name of names) {
    const { title, cases } = loadExperiment(name);
    process.stdout.write(`  ${name.padEnd(columns)}${title}\n`);
    for (const one of cases) process.stdout.write(`  ${''.padEnd(columns)}  ${one.name}: ${one.title}\n`);
  }
  process.stdout.write(
    `\nRun one:  npm run lab ${names[0] ?? '<experiment>'}\nOne case: npm run lab healthcare/2 -- --case loss --duration 10\nMore:     npm run lab -- --help\n`,
  );
  return 0;
}
