import { runCommand } from './run-command.ts';
import { labCli } from '../../lab/cli/cli.ts';

runCommand(labCli);
