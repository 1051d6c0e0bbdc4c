import { join } from 'node:path';

/** Names of the log files in a folder: `heartline.jsonl` is written, `.1` is the one before it, and so on. */
const CURRENT = 'heartline.jsonl';

/** Kept files, the current one included: 5 × 10 MB is hours of a busy stack and no burden on a disk. */
export const LOG_FILES_KEPT = 5;
export const LOG_FILE_BYTES = 10_485_760;

/** The path of the file `age` rotations ago; 0 is the one being written. */
export function logFile(dir: string, age = 0): string {
  return join(dir, age === 0 ? CURRENT : `${CURRENT}.${age}`);
}

/** True if a file-system call failed since there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
