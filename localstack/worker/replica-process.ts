import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { guardGroup, releaseGroup } from '../services/guard.ts';
import { signalGroup } from '../services/pid-file.ts';
import { type ReplicaMessage, readReplicaMessage } from './messages.ts';

/** How a replica's process is started. */
export interface ReplicaCommand {
  readonly function: string;
  /** Folder of serverless.yml. */
  readonly service: string;
  readonly drainMs: number;
  /** Instead of this process's environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where Node keeps compiled modules between starts. */
  readonly compileCache: string;
}

export interface ReplicaEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A replica's process, in a process group of its own that ends when this process does, even by kill -9. */
export interface ReplicaProcess {
  readonly pid: number;
  /** Resolves once the process has ended and all of its output was read. Never rejects. */
  readonly ended: Promise<ReplicaEnd>;
  /** Asks it to drain and end. */
  terminate(): void;
  kill(): void;
}

export interface ReplicaListener {
  message(message: ReplicaMessage): void;
  /** Called once for each of the two streams. */
  output(stream: Readable): void;
}

const MS_PER_S = 1_000;
const REPLICA = join(import.meta.dirname, 'replica.ts');
/**
 * Idle RSS of a replica of notify-staff: 121 MB as it is, 103 MB with modules compiled in an earlier start, 89 MB with
 * the young generation small as well (the stack's functions host runs with the same).
 */
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];
/** The output of a process that has ended may be held open by one that it has started. */
const OUTPUT_END_WAIT_MS = 1_000;

function spawnReplica({ function: name, service, drainMs, environment, compileCache }: ReplicaCommand): ChildProcess {
  const options = ['--service', service, '--drain-seconds', String(Math.ceil(drainMs / MS_PER_S))];
  return spawn(process.execPath, [...NODE_OPTIONS, REPLICA, name, ...options], {
    cwd: service,
    env: { NODE_COMPILE_CACHE: compileCache, MALLOC_ARENA_MAX: '2', ...environment },
    // Ctrl-C in the terminal reaches the parent alone, which passes it on once.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** @throws the system's error when no process can be started */
export async function startReplicaProcess(command: ReplicaCommand, listener: ReplicaListener): Promise<ReplicaProcess> {
  const child = spawnReplica(command);
  const { pid } = child;
  if (pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
  guardGroup(pid, 'SIGTERM');
  // A kill that comes too late is the only error that a running child has.
  child.on('error', () => undefined);
  child.on('message', (raw) => {
    const message = readReplicaMessage(raw);
    if (message !== undefined) listener.message(message);
  });
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) listener.output(stream);
  let over = false;
  const ended = new Promise<ReplicaEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      over = true;
      releaseGroup(pid);
      const told = setTimeout(() => resolve({ code, signal }), OUTPUT_END_WAIT_MS);
      child.once('close', () => {
        clearTimeout(told);
        resolve({ code, signal });
      });
    });
  });
  const signalUnlessOver = (signal: NodeJS.Signals) => {
    if (!over) signalGroup(pid, signal);
  };
  return { pid, ended, terminate: () => signalUnlessOver('SIGTERM'), kill: () => signalUnlessOver('SIGKILL') };
}
