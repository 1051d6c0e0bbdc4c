import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { processIdentity } from '../../shared/process-identity.ts';
import { eventually } from '../testing/eventually.ts';

export const FIXTURE_SERVICE = join(import.meta.dirname, 'fixtures/service');
/** A start takes a second alone, and more beside other tests. */
export const DEADLINE_MS = 60_000;
export const TEST_DEADLINE_MS = 150_000;

const COMMAND = fileURLToPath(new URL('../commands/worker.ts', import.meta.url));

/** A line that the fixture's handler has written. */
export interface WorkLine {
  readonly began?: number;
  readonly ended?: number;
  readonly pid: number;
  readonly remainingMs?: number;
  readonly context?: Record<string, unknown>;
  readonly environment?: Record<string, string>;
}

/** What the fixture's handlers did. */
export interface WorkLog {
  readonly file: string;
  lines(): Promise<WorkLine[]>;
  /** Waits until each of these has been handled to its end. */
  ended(ids: readonly number[]): Promise<void>;
  began(id: number): Promise<WorkLine>;
}

export async function workLog(folder: string): Promise<WorkLog> {
  const file = join(folder, 'work.jsonl');
  await writeFile(file, '');
  const lines = async () =>
    (await readFile(file, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as WorkLine);
  return {
    file,
    lines,
    async ended(ids) {
      await eventually(
        `messages ${ids.join()} to be handled`,
        async () => {
          const done = new Set((await lines()).map(({ ended }) => ended));
          return ids.every((id) => done.has(id));
        },
        DEADLINE_MS,
      );
    },
    began: (id) =>
      eventually(`message ${id} to begin`, async () => (await lines()).find(({ began }) => began === id), DEADLINE_MS),
  };
}

/** What a drain promises: nothing begun is left without its end, and nothing is handled twice. */
export function expectDrained(lines: readonly WorkLine[]): void {
  const count = (name: 'began' | 'ended', id: number) => lines.filter((line) => line[name] === id).length;
  for (const id of new Set(lines.flatMap(({ began }) => (began === undefined ? [] : [began])))) {
    const [began, ended] = [count('began', id), count('ended', id)];
    if (began !== 1 || ended !== 1) throw new Error(`message ${id}: begun ${began} times, ended ${ended} times`);
  }
}

export const isAlive = (pid: number): boolean => processIdentity(pid) !== undefined;

export interface CommandRun {
  readonly process: ChildProcess;
  readonly exit: Promise<number | null>;
  stdout(): string;
  stderr(): string;
  /** Waits for a text on standard error. */
  said(text: string): Promise<void>;
}

/** `npm run worker` as a process of its own, on the fixture service and a free metrics port. */
export function runWorkerCommand(args: readonly string[], environment: Record<string, string>): CommandRun {
  const child = spawn(process.execPath, [COMMAND, '--service', FIXTURE_SERVICE, '--metrics-port', '0', ...args], {
    env: { ...process.env, ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    exit,
    stdout: () => stdout,
    stderr: () => stderr,
    async said(text) {
      const found = await eventually(
        `'${text}' on standard error`,
        () => stderr.includes(text) || (child.exitCode !== null && 'ended'),
        DEADLINE_MS,
      );
      if (found === 'ended' && !stderr.includes(text)) throw new Error(`ended before it said '${text}':\n${stderr}`);
    },
  };
}
