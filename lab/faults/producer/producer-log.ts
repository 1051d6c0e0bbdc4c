import { type FileHandle, open } from 'node:fs/promises';
import type { Outcome, ProducerEntry } from '../verdict/history.ts';

/** An append-only log on disk. */
export interface ProducerLog {
  /** Resolves when the entry is on disk (fdatasync); entries that wait at the same time share one. Rejects when the disk fails. */
  append(entry: ProducerEntry): Promise<void>;
  /** After all that was appended. */
  close(): Promise<void>;
}

/** A fault in the log itself: what it says of later messages cannot be trusted. */
export class ProducerLogError extends Error {
  override readonly name = 'ProducerLogError';
}

const OUTCOMES: readonly Outcome[] = ['acked', 'failed', 'unknown'];

/** Opens a new log; its folder must exist. Rejects when the file exists: two runs in one log prove nothing. */
export async function createProducerLog(file: string): Promise<ProducerLog> {
  const handle = await open(file, 'ax');
  let waiting: { readonly line: string; readonly done: PromiseWithResolvers<void> }[] = [];
  let writing: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await persist(
          handle,
          batch.map(({ line }) => line),
        );
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    writing = undefined;
  };

  return {
    append(entry) {
      const done = Promise.withResolvers<void>();
      waiting.push({ line: `${JSON.stringify(entry)}\n`, done });
      writing ??= drain();
      return done.promise;
    },
    async close() {
      await writing;
      await handle.close();
    },
  };
}

async function persist(handle: FileHandle, lines: readonly string[]): Promise<void> {
  await handle.appendFile(lines.join(''));
  await handle.datasync();
}

/**
 * Reads a log. A last line without its end was being written when the producer ended: nothing of it left the process, or its
 * outcome is unknown, so it is left out.
 * @throws ProducerLogError for any other line that is no entry
 */
export function parseProducerLog(text: string): ProducerEntry[] {
  const lines = text.split('\n');
  lines.pop(); // behind the last line's end; or the torn line
  return lines.map((line, index) => {
    const entry = entryOf(line);
    if (!entry) throw new ProducerLogError(`line ${index + 1} of the producer's log is no entry: ${line.slice(0, 80)}`);
    return entry;
  });
}

function entryOf(line: string): ProducerEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, id, atMs, outcome, key, sequence, amount, poison } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof atMs !== 'number') return undefined;
  if (kind === 'outcome') {
    const known = OUTCOMES.find((one) => one === outcome);
    return known && { kind, id, outcome: known, atMs };
  }
  if (kind !== 'intent' || typeof key !== 'string' || typeof poison !== 'boolean') return undefined;
  if (typeof sequence !== 'number' || typeof amount !== 'number') return undefined;
  return { kind, id, key, sequence, amount, poison, atMs };
}
