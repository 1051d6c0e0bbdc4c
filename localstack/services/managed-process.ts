import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { TransientError } from '../../shared/errors.ts';
import { guardGroup, releaseGroup } from './guard.ts';
import { endLeftover, removePidFile, signalGroup, writePidFile } from './pid-file.ts';

export interface ManagedProcessOptions {
  name: string;
  file: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Takes the program's output, unless `readOutput` does. */
  logFile: string;
  /** Reads the program's output instead of the log file; called once for each of the two. */
  readOutput?: (output: Readable, name: 'stdout' | 'stderr') => void;
  pidFile: string;
  /** How this program is asked to end. */
  stopSignal: NodeJS.Signals;
  stopGraceMs: number;
  readyTimeoutMs: number;
  /** Resolves true once the program does its work; called again and again until then. */
  isReady: () => Promise<boolean>;
  uid?: number;
}

export interface ManagedProcess {
  pid: number;
  exited: Promise<void>;
  stop(): Promise<void>;
}

const READY_POLL_MS = 50;
const LOG_TAIL_LINES = 15;
const RECENT_OUTPUT_CHARACTERS = 8192;
const LOG_ROTATE_BYTES = 10 * 1024 * 1024;

/** Starts a program in a process group of its own, waits until it is ready, and knows how to end it. */
export async function startManagedProcess(options: ManagedProcessOptions): Promise<ManagedProcess> {
  await endLeftover(options.pidFile);
  const { child, recentOutput } = spawnWithLog(options);
  let failure: Error | undefined;
  let over = false;
  const exited = new Promise<void>((resolve) => {
    const end = (error?: Error) => {
      failure = error;
      over = true;
      resolve();
    };
    child.once('error', end);
    child.once('exit', () => end());
  });
  const pid = child.pid;
  if (pid === undefined) {
    await exited;
    throw new TransientError('service_failed', `${options.name} could not be run: ${failure?.message}`);
  }
  guardGroup(pid, options.stopSignal);
  writePidFile(options.pidFile, pid, options.stopSignal);
  const released = exited.then(() => {
    releaseGroup(pid);
    removePidFile(options.pidFile);
  });
  const stop = async () => {
    if (!over) signalGroup(pid, options.stopSignal);
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), options.stopGraceMs);
    await released;
    clearTimeout(timer);
  };
  await untilReady(options, { isOver: () => over, stop, recentOutput });
  return { pid, exited, stop };
}

interface Spawned {
  child: ChildProcess;
  recentOutput: () => string;
}

function spawnWithLog(options: ManagedProcessOptions): Spawned {
  const { readOutput, logFile, uid } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  rotate(logFile);
  const earlierBytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const log = openSync(logFile, 'a');
  const output = readOutput ? 'pipe' : log;
  const child = spawn(options.file, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', output, output],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  closeSync(log);
  let recent = '';
  for (const stream of ['stdout', 'stderr'] as const) {
    const output = child[stream];
    if (!output) continue;
    readOutput?.(output, stream);
    output.on('data', (chunk: Buffer) => {
      recent = (recent + chunk.toString()).slice(-RECENT_OUTPUT_CHARACTERS);
    });
  }
  return { child, recentOutput: () => (readOutput ? recent : readFileSync(logFile).subarray(earlierBytes).toString()) };
}

async function untilReady(
  options: ManagedProcessOptions,
  process: { isOver: () => boolean; stop: () => Promise<void>; recentOutput: () => string },
): Promise<void> {
  const deadline = Date.now() + options.readyTimeoutMs;
  while (!(await options.isReady())) {
    if (process.isOver() || Date.now() > deadline) {
      const what = process.isOver()
        ? 'ended while starting'
        : `was not ready within ${options.readyTimeoutMs / 1000} s`;
      await process.stop();
      const lines = stripVTControlCharacters(process.recentOutput()).trimEnd().split('\n').slice(-LOG_TAIL_LINES);
      const output = lines.map((line) => `  ${line}`).join('\n');
      throw new TransientError(
        'service_failed',
        `${options.name} ${what}. The end of its output (${options.logFile}):\n${output}`,
      );
    }
    await sleep(READY_POLL_MS);
  }
}

/** Keeps one older log: a service's own log must not fill the disk. */
function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_ROTATE_BYTES) renameSync(logFile, `${logFile}.1`);
}
