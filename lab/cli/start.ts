import { relative } from 'node:path';
import { terminalProgress, untilAborted } from '../../localstack/setup/progress.ts';
import { stackScreen } from '../../localstack/stack/screen.ts';
import { stopSignal } from '../../localstack/stack/stop-signal.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { startLabStack } from '../lab-stack.ts';
import { DEFAULT_SEED, SEED_RANGE } from '../run/options.ts';
import { numberOption, parseOptions } from './arguments.ts';

const USAGE = `npm run lab -- start [--seed N]

  Starts a stack as npm start does, with a proxy on every link, and keeps it.

  --seed N    decides which messages the MQTT faults hit (default ${DEFAULT_SEED})

  Then, in another terminal:
    npm run lab -- toxic add backend-database latency latencyMs=200
    npm run lab -- toxic list
    npm run lab healthcare/1 -- --running
`;
const DISTURB = `Disturb its links, in another terminal:

     npm run lab -- toxic add backend-database latency latencyMs=200
     npm run lab -- toxic list
     npm run lab healthcare/1 -- --running

`;
/** What a shell gives for a process that SIGINT has ended. */
const INTERRUPTED = 130;

export async function startFromCommandLine(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(
    args,
    { seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    USAGE,
  );
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals.length > 0)
    throw new PermanentError('argument', `'${positionals.join(' ')}' is one too many.\n\n${USAGE}`);
  const seed = values.seed === undefined ? DEFAULT_SEED : numberOption('--seed', values.seed, SEED_RANGE);
  const settings = config();
  const stop = stopSignal();
  const warn = (text: string) => terminalProgress.note('', text);
  stop.requested.then(() => terminalProgress.step('stop', 'letting handlers finish, then stopping what was started …'));
  const starting = startLabStack({
    config: settings,
    seed,
    progress: untilAborted(terminalProgress, stop.signal),
    warn,
    signal: stop.signal,
  });
  const stack = await starting.catch((error: unknown) => {
    if (stop.signal.aborted) return undefined;
    throw error;
  });
  if (!stack) {
    terminalProgress.done('stop', 'all stopped, before it was up');
    return INTERRUPTED;
  }
  try {
    process.stdout.write(`${stackScreen(stack.stack, true)}${DISTURB}`);
    const failed = await Promise.race([stop.requested, stack.failed]);
    if (failed === undefined) return 0;
    process.stderr.write(`✗ ${failed} ended unexpectedly; its log is in ${stack.stack.logs}. Stopping the rest.\n`);
    return 1;
  } finally {
    await stack.stop();
    terminalProgress.done(
      'stop',
      `all stopped; data is kept in ${relative(process.cwd(), settings.home) || settings.home}`,
    );
  }
}
