/** The way out of one direction: bytes leave in the order they came, those behind a delayed packet wait for it. */
export interface DelayLine {
  /** Leaves `delayMs` from now, and not before what came earlier. The bytes must not change afterwards. */
  add(bytes: Buffer, start: number, end: number, delayMs: number): void;
  /** Writes what was added and does not wait; to be called once for each chunk, so that its packets leave together. */
  flush(): void;
  /** Lets all that waits leave now. */
  release(): void;
  /** Calls `write.end` once all has left. */
  end(): void;
  /** Forgets what waits, and all that is added afterwards. */
  close(): void;
  readonly waitingBytes: number;
}

export interface Writer {
  write(bytes: Buffer): void;
  end(): void;
  /** What waits has become less. */
  relieved(): void;
}

/** What an entry of the queue takes beside its bytes, roughly: so that many tiny packets are bounded, too. */
const ENTRY_BYTES = 128;

interface Waiting {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
  readonly leavesAtMs: number;
}

export function createDelayLine(writer: Writer): DelayLine {
  let queue: Waiting[] = [];
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let isEnding = false;
  let isClosed = false;
  // What leaves with the next flush: packets that lie side by side in a chunk are one write.
  let runBytes: Buffer | undefined;
  let runStart = 0;
  let runEnd = 0;

  const writeRun = () => {
    if (runBytes === undefined) return;
    const run = runStart === 0 && runEnd === runBytes.length ? runBytes : runBytes.subarray(runStart, runEnd);
    runBytes = undefined;
    writer.write(run);
  };

  const enqueue = (bytes: Buffer, start: number, end: number, leavesAtMs: number) => {
    waitingBytes += end - start;
    const last = queue.at(-1);
    if (last?.bytes === bytes && last.end === start && last.leavesAtMs === leavesAtMs) {
      last.end = end;
      return;
    }
    waitingBytes += ENTRY_BYTES;
    queue.push({ bytes, start, end, leavesAtMs });
  };

  const leave = (nowMs: number) => {
    const staying = queue.findIndex(({ leavesAtMs }) => leavesAtMs > nowMs);
    const leaving = staying === -1 ? queue : queue.slice(0, staying);
    queue = staying === -1 ? [] : queue.slice(staying);
    for (const { bytes, start, end } of leaving) {
      waitingBytes -= end - start + ENTRY_BYTES;
      writer.write(bytes.subarray(start, end));
    }
    arm();
    if (isEnding && queue.length === 0) writer.end();
    else if (leaving.length > 0) writer.relieved();
  };

  const arm = () => {
    clearTimeout(timer);
    const [first] = queue;
    if (first !== undefined) {
      const waitMs = Math.max(0, Math.ceil(first.leavesAtMs - performance.now()));
      timer = setTimeout(() => leave(performance.now()), waitMs);
    }
  };

  return {
    add(bytes, start, end, delayMs) {
      if (isClosed) return;
      const last = queue.at(-1);
      if (last !== undefined || delayMs > 0) {
        const leavesAtMs = delayMs > 0 ? performance.now() + delayMs : 0;
        enqueue(bytes, start, end, Math.max(last?.leavesAtMs ?? 0, leavesAtMs));
        if (last === undefined) arm();
        return;
      }
      if (runBytes === bytes && runEnd === start) {
        runEnd = end;
        return;
      }
      writeRun();
      runBytes = bytes;
      runStart = start;
      runEnd = end;
    },
    flush: writeRun,
    release() {
      writeRun();
      leave(Number.POSITIVE_INFINITY);
    },
    end() {
      writeRun();
      isEnding = true;
      if (queue.length === 0) writer.end();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      queue = [];
      waitingBytes = 0;
      runBytes = undefined;
    },
    get waitingBytes() {
      return waitingBytes;
    },
  };
}
