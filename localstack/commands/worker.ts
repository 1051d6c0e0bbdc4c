import { exitCodeOf } from '../worker/exit-codes.ts';
import { workerCommand } from '../worker/run-worker.ts';
import { runCommand } from './run-command.ts';

/** Every way in which this process learns that it should end; the set-up step's channel closes when that is killed. */
function onStop(callback: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, callback);
  process.on('disconnect', callback);
  process.channel?.unref();
}

runCommand((args) => workerCommand(args, { stdout: process.stdout, stderr: process.stderr, onStop }), exitCodeOf);
