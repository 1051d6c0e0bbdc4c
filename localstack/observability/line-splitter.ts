/** Longer than any log line of this system (4 KiB a text) by far; a program that prints no newline must not fill memory. */
const LONGEST_LINE_BYTES = 1_048_576;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineSplitter {
  /** Takes a chunk as it comes from a pipe; calls `onLine` for each line that it ends. */
  push(chunk: Uint8Array | string): void;
  /** The stream ended: what is left is the last line. */
  end(): void;
}

/** The end of the text at or before `end` that does not cut a UTF-8 character (RFC 3629: 10xxxxxx continues one). */
function characterBoundary(bytes: Buffer, end: number): number {
  let boundary = end;
  while (boundary > 0 && ((bytes[boundary] ?? 0) & 0b1100_0000) === 0b1000_0000) boundary -= 1;
  return boundary;
}

/**
 * Splits a byte stream at \n or \r\n into lines of UTF-8; a character may span chunks. A line over `longestBytes` is
 * cut there, the rest of it skipped, and `onCut` told.
 */
export function createLineSplitter(options: {
  onLine: (line: string) => void;
  onCut?: () => void;
  longestBytes?: number;
}): LineSplitter {
  const { onLine, onCut, longestBytes = LONGEST_LINE_BYTES } = options;
  let parts: Buffer[] = [];
  let heldBytes = 0;
  let skipping = false;

  function emit(): void {
    const bytes = Buffer.concat(parts, heldBytes);
    parts = [];
    heldBytes = 0;
    onLine(bytes.toString('utf8', 0, bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length));
  }

  function hold(bytes: Buffer): void {
    if (skipping || bytes.length === 0) return;
    // A copy: the chunk's memory may be used again while a line is incomplete.
    parts.push(Buffer.from(bytes.subarray(0, longestBytes - heldBytes + 1)));
    heldBytes += bytes.length;
    if (heldBytes <= longestBytes) return;
    const whole = Buffer.concat(parts);
    parts = [whole.subarray(0, characterBoundary(whole, longestBytes))];
    heldBytes = parts[0]?.length ?? 0;
    emit();
    onCut?.();
    skipping = true;
  }

  return {
    push(chunk) {
      const bytes =
        typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      let from = 0;
      for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
        hold(bytes.subarray(from, to));
        if (skipping) skipping = false;
        else emit();
        from = to + 1;
      }
      hold(bytes.subarray(from));
    },
    end() {
      if (heldBytes > 0) emit();
      skipping = false;
    },
  };
}
