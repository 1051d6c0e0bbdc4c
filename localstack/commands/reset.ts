import { existsSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import { endLeftover } from '../services/pid-file.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run reset     removes what the stack keeps: the database, the broker's data, the ward's position, logs

Refuses while a stack is running. The next start begins with an empty ward. Programs in the cache stay.
`;

runCommand(async (args) => {
  if (args.length > 0) {
    process.stdout.write(USAGE);
    return args[0] === '--help' || args[0] === '-h' ? 0 : 2;
  }
  const { home } = config();
  const stack = existsSync(home) ? readStack(home) : undefined;
  if (stack && isStackAlive(stack)) {
    throw new PermanentError(
      'stack_running',
      `The stack is running (process ${stack.pid}). Stop it first: Ctrl-C in its terminal, or kill ${stack.pid}`,
    );
  }
  if (!existsSync(home)) {
    process.stdout.write('Nothing to remove: there is no .heartline folder.\n');
    return 0;
  }
  const run = join(home, 'run');
  for (const file of existsSync(run) ? await readdir(run) : []) await endLeftover(join(run, file));
  rmSync(home, { recursive: true, force: true });
  process.stdout.write(`Removed ${home}\n`);
  return 0;
});
