import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';

/** The file system's errors, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a part of the path is a file, not a folder',
};

/**
 * Makes sure, before minutes of work, that their outcome can be written to this file; its folder is made. What is in the file stays.
 * @throws PermanentError `argument` that names the option and the reason
 */
export function requireWritable(option: string, file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const isNew = !existsSync(file);
    closeSync(openSync(file, 'a'));
    if (isNew) rmSync(file);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new PermanentError('argument', `${option} ${file} cannot be written: ${REASONS[code] ?? message}`, {
      cause: error,
    });
  }
}
