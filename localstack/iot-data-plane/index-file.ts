import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { MAX_TOPICS, type SavedTopics } from './retained-index.ts';
import { MAX_TOPIC_BYTES } from './topic-rules.ts';
import type { IotLogger } from './types.ts';

/** Where an index is kept from one run to the next. It is an aid: what goes wrong with it is logged, and never thrown. */
export interface IndexFile {
  /** What was saved; nothing when there is no file, and with a warning when it cannot be read or is none of ours. */
  read(): Promise<SavedTopics>;
  /** Saves what `topics` returns a little later, or when it is closed. */
  save(topics: () => SavedTopics): void;
  close(): Promise<void>;
}

/** A full index, 3 MB, takes 20 to 40 ms (measured); more often than this would be waste, and a kill loses no more than this. */
const WRITE_EVERY_MS = 1_000;
/** JSON's longest escape of a byte is \u0001; 32 bytes for quotes, brackets and the time. */
const MAX_FILE_BYTES = MAX_TOPICS * (MAX_TOPIC_BYTES * '\\u0001'.length + 32);
const VERSION = 1;

const fileSchema = z.strictObject({
  version: z.literal(VERSION),
  topics: z.array(z.tuple([z.string(), z.int().nonnegative().nullable()])).max(MAX_TOPICS),
});

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Without a path, one that keeps nothing. */
export function indexFile(path: string | undefined, logger: IotLogger): IndexFile {
  if (path === undefined) return { read: async () => [], save: () => undefined, close: async () => undefined };
  // One name, so that a kill leaves one behind at most, which the next write replaces.
  const temporary = `${path}.tmp`;
  let pending: (() => SavedTopics) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  let failing = false;

  const warn = (message: string, error: unknown) => {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    logger.warn(message, { file: path, reason });
  };

  async function read(file: string): Promise<SavedTopics> {
    try {
      const { size } = await stat(file);
      if (size > MAX_FILE_BYTES) throw new RangeError(`it has ${size} bytes; ${MAX_FILE_BYTES} are allowed`);
      return fileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).topics;
    } catch (error) {
      if (!isMissing(error)) warn('the index of retained messages is not readable, and begins empty', error);
      return [];
    }
  }

  /** Whole or not at all: a reader sees the old one or the new one. */
  async function write(file: string): Promise<void> {
    const topics = pending;
    pending = undefined;
    if (!topics) return;
    try {
      await writeFile(temporary, JSON.stringify({ version: VERSION, topics: topics() }));
      await rename(temporary, file);
      failing = false;
    } catch (error) {
      if (!failing) warn('the index of retained messages is not written', error);
      failing = true;
      pending ??= topics;
    }
  }

  function writeNow(file: string): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(() => write(file));
    return writing;
  }

  return {
    read: () => read(path),
    save(topics) {
      pending = topics;
      timer ??= setTimeout(() => void writeNow(path), WRITE_EVERY_MS).unref();
    },
    close: () => writeNow(path),
  };
}
