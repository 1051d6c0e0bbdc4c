import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = join(dirname(fileURLToPath(import.meta.url)), 'guard.sh');
let guard: ChildProcess | undefined;

function guardProcess(): ChildProcess {
  if (guard && guard.exitCode === null && guard.signalCode === null) return guard;
  // Its own session: Ctrl-C in the terminal must not reach it.
  guard = spawn('sh', [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  guard.stdin?.on('error', () => undefined); // the guard is gone: what it guarded ends with the normal stop
  (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return guard;
}

/** From now on this process group ends when this process does, even by kill -9. */
export function guardGroup(group: number, stopSignal: NodeJS.Signals): void {
  guardProcess().stdin?.write(`add ${group} ${stopSignal.replace(/^SIG/, '')}\n`);
}

/** The group has ended: its number may be used again by a stranger. */
export function releaseGroup(group: number): void {
  guardProcess().stdin?.write(`remove ${group}\n`);
}
