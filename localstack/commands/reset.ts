import { existsSync, rmSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { takeLock } from '../lock-file.ts';
import { endLeftover } from '../services/pid-file.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run reset     removes what the stack keeps: the database, the broker's
                  data, the ward's position, logs

Refuses while a stack is running. The next start begins with an empty ward. The lab's reports
and the programs in the cache stay.
`;

const OURS = [
  'postgres',
  'postgres.new',
  'rabbitmq',
  'keys',
  'ward',
  'logs',
  'run',
  'lab/stack',
  'lab/stack.pid.json',
  'lab/episodes.json',
  'lab/lab.lock',
  'links.json',
  'lab-marks.jsonl',
  'iot-retained.json',
  'iot-retained.json.tmp',
  'stack.json',
  'stack.lock',
];

runCommand(async (args) => {
  if (args.length > 0) {
    process.stdout.write(USAGE);
    return args[0] === '--help' || args[0] === '-h' ? 0 : 2;
  }
  const { home } = config();
  if (!existsSync(home)) {
    process.stdout.write('Nothing to remove: there is no .heartline folder.\n');
    return 0;
  }
  const taken = takeLock(join(home, 'stack.lock'));
  if (typeof taken !== 'function') {
    const message = `The stack is running (process ${taken.heldBy}). Stop it first: Ctrl-C in its terminal, or kill ${taken.heldBy}`;
    throw new PermanentError('stack_running', message);
  }
  const run = join(home, 'run');
  for (const file of existsSync(run) ? await readdir(run) : []) await endLeftover(join(run, file));
  // By name: HEARTLINE_HOME may point at a folder that holds other things, too.
  for (const name of OURS) rmSync(join(home, name), { recursive: true, force: true });
  if ((await readdir(home)).length === 0) await rmdir(home);
  process.stdout.write(`Removed the stack's data from ${home}\n`);
  return 0;
});
