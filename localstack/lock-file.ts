import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from '../shared/process-identity.ts';

/** Whoever holds a lock: its pid, and what tells it from a later process with that pid. */
interface Holder {
  pid: number;
  identity: string;
}

/**
 * Takes a lock file for this process and returns what gives it back, or the pid of the running process that holds it. The lock of a
 * process that is gone is taken over, also when another has its pid by now.
 */
export function takeLock(file: string): (() => void) | { heldBy: number } {
  mkdirSync(dirname(file), { recursive: true });
  const own: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' }); // made by one of two who try at once
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder?.pid === own.pid && holder.identity === own.identity) return () => rmSync(file, { force: true });
    if (holder && processIdentity(holder.pid) === holder.identity) return { heldBy: holder.pid };
    rmSync(file, { force: true });
  }
}

/** Undefined for a file that a crash left empty or cut short, and for one that is gone. */
function readHolder(file: string): Holder | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
