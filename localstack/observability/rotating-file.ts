import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { isMissing, LOG_FILE_BYTES, LOG_FILES_KEPT, logFile } from './log-files.ts';

export interface RotatingFile {
  /** Appends whole lines (the text ends in \n). Rejects with the file system's error; the next call starts afresh. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * An append-only file that is renamed to `.1` before it would exceed `fileBytes` (a single larger text still goes in
 * whole). Renames are atomic: a reader with the file open keeps its lines, and each line is in exactly one file.
 * One caller at a time.
 */
export function createRotatingFile(
  dir: string,
  { fileBytes = LOG_FILE_BYTES, filesKept = LOG_FILES_KEPT }: { fileBytes?: number; filesKept?: number } = {},
): RotatingFile {
  let file: FileHandle | undefined;
  let size = 0;
  let endsMidLine = false;

  async function openFile(): Promise<FileHandle> {
    await mkdir(dir, { recursive: true });
    const opened = await open(logFile(dir), constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
    size = (await opened.stat()).size;
    // A killed process or a full disk may have left half a line.
    const last = size > 0 ? (await opened.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString() : '\n';
    endsMidLine = last !== '\n';
    return opened;
  }

  async function close(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.close();
  }

  async function rotate(): Promise<void> {
    await close();
    for (let age = filesKept - 1; age > 0; age -= 1) await renameIfThere(logFile(dir, age - 1), logFile(dir, age));
  }

  return {
    close,
    async append(text) {
      try {
        file ??= await openFile();
        const bytes = Buffer.byteLength(text);
        if (size > 0 && size + bytes > fileBytes) {
          await rotate();
          file = await openFile();
        }
        await file.appendFile(endsMidLine ? `\n${text}` : text);
        size += bytes + (endsMidLine ? 1 : 0);
        endsMidLine = false;
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}
