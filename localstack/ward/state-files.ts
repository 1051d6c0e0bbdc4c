import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { takeLock } from '../lock-file.ts';
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
  let taken: ReturnType<typeof takeLock>;
  try {
    taken = takeLock(lock);
  } catch (error) {
    const problem = `${folder}: the ward cannot keep its state here (${reason(error)})`;
    throw new PermanentError('ward_state_unusable', `${problem}. Give a folder that can be written`, { cause: error });
  }
  if (typeof taken === 'function') return taken;
  const problem = `process ${taken.heldBy} is using ${folder}`;
  throw new PermanentError('ward_state_in_use', `${problem}. Stop it, or give another folder with --state`);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
