import { logsCommand } from '../observability/logs-cli.ts';
import { runCommand } from './run-command.ts';

runCommand((args) => logsCommand(args, process));
