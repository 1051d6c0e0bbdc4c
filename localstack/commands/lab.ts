import { labCli } from '../../lab/cli/cli.ts';
import { runCommand } from './run-command.ts';

runCommand(labCli);
