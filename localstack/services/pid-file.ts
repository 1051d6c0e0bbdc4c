import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../../shared/process-identity.ts';

interface PidRecord {
  group: number;
  identity: string;
  stopSignal: NodeJS.Signals;
}

const LEFTOVER_GRACE_MS = 12_000;
const POLL_MS = 50;

export function writePidFile(file: string, group: number, stopSignal: NodeJS.Signals): void {
  const identity = processIdentity(group);
  if (identity === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ group, identity, stopSignal } satisfies PidRecord));
}

export function removePidFile(file: string): void {
  rmSync(file, { force: true });
}

/**
 * Ends the process that an earlier stack left behind, if it still runs. Returns its pid, or undefined if there was none.
 * Usually the guard has done so already; this is for the case that the guard was killed, too.
 */
export async function endLeftover(file: string): Promise<number | undefined> {
  const record = readPidFile(file);
  if (!record || processIdentity(record.group) !== record.identity) {
    removePidFile(file);
    return undefined;
  }
  signalGroup(record.group, record.stopSignal);
  const deadline = Date.now() + LEFTOVER_GRACE_MS;
  while (processIdentity(record.group) === record.identity) {
    if (Date.now() > deadline) signalGroup(record.group, 'SIGKILL');
    await sleep(POLL_MS);
  }
  removePidFile(file);
  return record.group;
}

/** Signals a whole process group; false when it is gone. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function readPidFile(file: string): PidRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PidRecord;
  } catch {
    return undefined; // none, or cut short by a crash while it was written
  }
}
