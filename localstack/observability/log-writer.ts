import { createRotatingFile } from './rotating-file.ts';

/** Some 20,000 lines: what a disk that hangs for seconds may cost in memory. Past it lines are dropped and counted. */
const MOST_PENDING_BYTES = 8_388_608;
/** A write small enough that a rotation comes close to its size limit. */
const MOST_BATCH_BYTES = 262_144;

export interface LogWriter {
  /** Takes a line without its newline; returns at once. */
  write(line: string): void;
  /** Resolves when what was taken is in the file, or dropped. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Appends lines to the rotating log in the background. Whoever writes never waits and never fails: a disk that is full
 * or too slow costs lines, which `onDropped` counts; `warn` is called once an outage, not once a line.
 */
export function createLogWriter(options: {
  dir: string;
  warn: (message: string) => void;
  onDropped: (lines: number) => void;
  fileBytes?: number;
  filesKept?: number;
  mostPendingBytes?: number;
}): LogWriter {
  const { dir, warn, onDropped, mostPendingBytes = MOST_PENDING_BYTES } = options;
  const file = createRotatingFile(dir, options);
  let pending: string[] = [];
  let pendingBytes = 0;
  let running: Promise<void> | undefined;
  let failing = false;

  function dropped(lines: number, why: string): void {
    onDropped(lines);
    if (!failing) warn(`Log lines are being lost: ${why} (${dir})`);
    failing = true;
  }

  function nextBatch(): string[] {
    let bytes = 0;
    let count = 0;
    while (count < pending.length && (count === 0 || bytes < MOST_BATCH_BYTES)) {
      bytes += Buffer.byteLength(pending[count] ?? '') + 1;
      count += 1;
    }
    const batch = pending.slice(0, count);
    pending = pending.slice(count);
    pendingBytes -= bytes;
    return batch;
  }

  async function drain(): Promise<void> {
    while (pending.length > 0) {
      const batch = nextBatch();
      try {
        await file.append(`${batch.join('\n')}\n`);
        if (pending.length === 0) failing = false;
      } catch (error) {
        dropped(batch.length, error instanceof Error ? error.message : String(error));
      }
    }
  }

  function start(): void {
    running ??= drain().finally(() => {
      running = undefined;
      if (pending.length > 0) start();
    });
  }

  async function settled(): Promise<void> {
    while (running !== undefined) await running;
  }

  return {
    write(line) {
      const bytes = Buffer.byteLength(line) + 1;
      if (pendingBytes + bytes > mostPendingBytes) return dropped(1, 'the disk is slower than what is logged');
      pending.push(line);
      pendingBytes += bytes;
      start();
    },
    settled,
    async close() {
      await settled();
      await file.close();
    },
  };
}
