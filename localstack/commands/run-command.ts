import { HeartlineError } from '../../shared/errors.ts';

/**
 * Runs a command's body with the arguments of the command line and ends the process with the exit code it returns. What we raise
 * on purpose is printed as its message alone; anything else is a fault of ours and keeps its stack.
 */
export function runCommand(body: (args: string[]) => Promise<number>): void {
  body(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      const text =
        error instanceof HeartlineError ? error.message : error instanceof Error ? error.stack : String(error);
      process.stderr.write(`✗ ${text}\n`);
      process.exit(1);
    },
  );
}
