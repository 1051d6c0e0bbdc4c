import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const KEPT_ERROR_LINES = 4;

class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
}

/** Runs a program to its end and returns what it printed. Throws ProgramFailed with the last lines of its output. */
export async function runProgram(
  file: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<string> {
  try {
    const { stdout, stderr } = await run(file, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.env ?? process.env,
      maxBuffer: MAX_OUTPUT_BYTES,
      timeout: options.timeoutMs ?? 0,
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { code, stderr, stdout } = error as { code?: string | number; stderr?: string; stdout?: string };
    const said = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-KEPT_ERROR_LINES).join(' | ');
    throw new ProgramFailed(`${file} ${args[0] ?? ''}: ${code === 'ENOENT' ? 'not found' : said || String(code)}`, {
      cause: error,
    });
  }
}

/** What a version option prints, or undefined when there is no such program. */
export async function versionOutput(file: string, args: string[] = ['--version']): Promise<string | undefined> {
  const timeoutMs = 10_000;
  try {
    return await runProgram(file, args, { timeoutMs });
  } catch (error) {
    if (error instanceof ProgramFailed) return undefined;
    throw error;
  }
}

/** The first `major.minor[.patch]` in a text, as numbers. */
export function parseVersion(text: string): [number, number, number] | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}
