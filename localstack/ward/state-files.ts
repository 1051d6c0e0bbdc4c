import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { reason } from './reason.ts';

/** Replaces a file whole: after a kill or a power cut it holds the old text or the new one, never a part. */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.new`;
  const handle = openSync(temporary, 'w');
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The text of a file, or undefined when there is none. */
export function textIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** What the text says as JSON; null when it is not JSON. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Makes the state folder and takes it for this process; two simulators in one folder would mix their journals. A lock whose
 * process is gone is taken over. Returns what gives it back. Throws `ward_state_in_use`, or `ward_state_unusable` for a folder that
 * cannot be made or written.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'ward.lock');
  try {
    mkdirSync(folder, { recursive: true });
    const owner = Number(textIfThere(lock));
    if (owner > 0 && owner !== process.pid && isRunning(owner)) {
      const problem = `process ${owner} is using ${folder}`;
      const remedy = `Stop it, give another folder with --state, or delete ${lock}`;
      throw new PermanentError('ward_state_in_use', `${problem}. ${remedy}`);
    }
    writeFileSync(lock, String(process.pid));
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    const problem = `${folder}: the ward cannot keep its state here (${reason(error)})`;
    throw new PermanentError('ward_state_unusable', `${problem}. Give a folder that can be written`, { cause: error });
  }
  return () => rmSync(lock, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    // Signal 0 asks whether the process is there and does nothing to it (kill(2)).
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM')) return true;
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
