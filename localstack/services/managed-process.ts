import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from '../../shared/errors.ts';
import { guardGroup, releaseGroup } from './guard.ts';
import { endLeftover, removePidFile, signalGroup, writePidFile } from './pid-file.ts';

export interface ManagedProcessOptions {
  name: string;
  file: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
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
const LOG_ROTATE_BYTES = 10 * 1024 * 1024;

/** Starts a program in a process group of its own, waits until it is ready, and knows how to end it. */
export async function startManagedProcess(options: ManagedProcessOptions): Promise<ManagedProcess> {
  await endLeftover(options.pidFile);
  mkdirSync(dirname(options.logFile), { recursive: true });
  rotate(options.logFile);
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.file, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log, log],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  closeSync(log);
  let over = false;
  let failure: Error | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      over = true;
      resolve();
    });
    child.once('exit', () => {
      over = true;
      resolve();
    });
  });
  const pid = child.pid;
  if (pid === undefined) {
    await exited;
    throw new TransientError('service_failed', `${options.name} could not be run: ${failure?.message}`);
  }
  guardGroup(pid, options.stopSignal);
  writePidFile(options.pidFile, pid, options.stopSignal);
  exited.then(() => {
    releaseGroup(pid);
    removePidFile(options.pidFile);
  });
  const stop = () => stopGroup(pid, options, exited, () => over);
  const deadline = Date.now() + options.readyTimeoutMs;
  while (!(await options.isReady())) {
    if (over || Date.now() > deadline) {
      await stop();
      const what = over ? 'ended while starting' : `was not ready within ${options.readyTimeoutMs / 1000} s`;
      throw new TransientError(
        'service_failed',
        `${options.name} ${what}. The end of ${options.logFile}:\n${tail(options.logFile)}`,
      );
    }
    await sleep(READY_POLL_MS);
  }
  return { pid, exited, stop };
}

async function stopGroup(
  pid: number,
  options: ManagedProcessOptions,
  exited: Promise<void>,
  isOver: () => boolean,
): Promise<void> {
  if (isOver()) return;
  signalGroup(pid, options.stopSignal);
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), options.stopGraceMs);
  await exited;
  clearTimeout(timer);
}

/** Keeps one older log: a service's own log must not fill the disk. */
function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_ROTATE_BYTES) renameSync(logFile, `${logFile}.1`);
}

function tail(logFile: string): string {
  return readFileSync(logFile, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-LOG_TAIL_LINES)
    .map((line) => `  ${line}`)
    .join('\n');
}
