import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../../localstack/testing/eventually.ts';

const setUp = join(import.meta.dirname, '..', '..', 'localstack', 'setup', 'run.mjs');

export interface LabCommand {
  output(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Waits until this is in the output. */
  until(text: string, deadlineMs: number): Promise<void>;
  /** As Ctrl-C in a terminal: to every process of the command's group. */
  interrupt(): void;
}

/** `npm run lab -- …` without npm, in a process group of its own. */
export function labCommand(args: readonly string[], environment: Record<string, string>): LabCommand {
  const child = spawn(process.execPath, [setUp, 'lab', ...args], {
    env: { ...process.env, ...environment, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  let over = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      over = true;
      resolve(code);
    });
  });
  return {
    output: () => output,
    ended,
    async until(text, deadlineMs) {
      await eventually(`'${text}' from lab ${args.join(' ')}`, () => output.includes(text) || over, deadlineMs);
      if (!output.includes(text)) throw new Error(`lab ${args.join(' ')} ended without '${text}':\n${output}`);
    },
    interrupt() {
      if (child.pid !== undefined && !over) process.kill(-child.pid, 'SIGINT');
    },
  };
}
