import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLineSplitter, type LineSplitter } from './line-splitter.ts';
import { isMissing, logFile } from './log-files.ts';

/** Below what an eye notices as delay; a stat and an empty read each time cost nothing. */
const FOLLOW_EVERY_MS = 150;
const READ_BYTES = 65_536;
/** Between a rotation's renames one name is missing for an instant, never two. */
const MISSING_IN_ROTATION = 1;

/** An open log file and how far it was read. */
export interface TailedFile {
  readonly inode: bigint;
  /** Lines that were added since the last call. Half a line stays until its end is there. */
  newLines(): Promise<string[]>;
  /** Half a line that nothing will end any more. */
  rest(): string[];
  /** Starts from the beginning if the file is now shorter than what was read. */
  rewindIfTruncated(size: bigint): void;
  close(): Promise<void>;
}

async function tailed(handle: FileHandle): Promise<TailedFile> {
  const { ino } = await handle.stat({ bigint: true });
  let lines: string[] = [];
  let position = 0;
  const splitter: LineSplitter = createLineSplitter({ onLine: (line) => lines.push(line) });
  const buffer = Buffer.alloc(READ_BYTES);

  function taken(): string[] {
    const found = lines.filter((line) => line !== '');
    lines = [];
    return found;
  }

  return {
    inode: ino,
    async newLines() {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position);
        if (bytesRead === 0) return taken();
        position += bytesRead;
        splitter.push(buffer.subarray(0, bytesRead));
      }
    },
    rest() {
      splitter.end();
      return taken();
    },
    rewindIfTruncated(size) {
      if (size >= position) return;
      splitter.end();
      position = 0;
    },
    close: () => handle.close(),
  };
}

async function ifThere<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Opens the log files in `dir`, newest first, down to the one before `until`. In that order a rotation meanwhile can only
 * show a file twice, never hide one; the second sight of an inode is dropped.
 */
export async function openLogFiles(dir: string, until?: bigint): Promise<TailedFile[]> {
  const files: TailedFile[] = [];
  let missing = 0;
  for (let age = 0; ; age += 1) {
    const handle = await ifThere(open(logFile(dir, age)));
    if (handle === undefined) {
      missing += 1;
      if (missing > MISSING_IN_ROTATION) return files;
      continue;
    }
    const file = await tailed(handle);
    if (file.inode === until) {
      await file.close();
      return files;
    }
    if (files.some(({ inode }) => inode === file.inode)) await file.close();
    else files.push(file);
  }
}

/**
 * Lines as they are written, from where `current` was read to, through rotations and truncations, until `signal` aborts.
 * Without `current` it waits for the first file. Closes what it opens, and `current`.
 */
export async function* follow(
  dir: string,
  current: TailedFile | undefined,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  let held = current;
  try {
    while (!signal.aborted) {
      const now = await ifThere(stat(logFile(dir), { bigint: true }));
      if (held !== undefined && now?.ino === held.inode) held.rewindIfTruncated(now.size);
      // After the stat: what was written before a rename is read before the next file is.
      if (held !== undefined) yield await held.newLines();
      if (now === undefined || now.ino === held?.inode) {
        await sleep(FOLLOW_EVERY_MS, undefined, { signal }).catch(ignoreAbort);
        continue;
      }
      const newer = (await openLogFiles(dir, held?.inode)).reverse();
      if (held !== undefined) yield held.rest();
      await held?.close();
      held = newer.pop();
      for (const file of newer) {
        yield [...(await file.newLines()), ...file.rest()];
        await file.close();
      }
    }
  } finally {
    await held?.close();
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
