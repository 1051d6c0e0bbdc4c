import { trustAuthority } from '../../shared/access/trust.ts';
import { HeartlineError } from '../../shared/errors.ts';

/** What the system says of a file or folder, in words. */
const FILE_ERRORS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a file where a folder is expected',
  EISDIR: 'a folder where a file is expected',
};

/**
 * Runs a command's body with the arguments of the command line and ends the process with the exit code it returns. What we raise
 * on purpose is printed as its message alone; anything else is a fault of ours and keeps its stack.
 * @param exitCodeOf of what is thrown; 1 where it knows none
 */
export function runCommand(
  body: (args: string[]) => Promise<number>,
  exitCodeOf: (error: unknown) => number | undefined = () => undefined,
): void {
  // A reader that leaves (`| head`) has seen what it wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const run = async () => {
    trustAuthority();
    return body(process.argv.slice(2));
  };
  run().then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`✗ ${messageOf(error)}\n`);
      process.exit(exitCodeOf(error) ?? 1);
    },
  );
}

function messageOf(error: unknown): string {
  if (error instanceof HeartlineError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const said = code === undefined ? undefined : FILE_ERRORS[code];
  if (said === undefined || path === undefined) return error.stack ?? error.message;
  return `${path}: ${said}.\n  The stack writes to HEARTLINE_HOME (default .heartline) and to the cache (XDG_CACHE_HOME, default ~/.cache).`;
}
