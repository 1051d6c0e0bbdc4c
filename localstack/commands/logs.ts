import { join } from 'node:path';
import { config } from '../../shared/config.ts';
import { logsCommand } from '../observability/logs-cli.ts';
import { runCommand } from './run-command.ts';

runCommand(async (args) => {
  const { stdout, stderr } = process;
  // The stack's own folder, unless --dir names another: the last one given counts.
  const dir = ['--dir', join(config().home, 'logs')];
  return await logsCommand([...dir, ...args], { stdout, stderr, patientIdKey: config().patientHashKey });
});
