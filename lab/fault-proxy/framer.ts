import { INCOMPLETE, INVALID, readVariableByteInteger, sizeOfVariableByteInteger } from './variable-byte-integer.ts';

/** Gets the parts of a byte stream in order. The parts, put together again, are the stream. */
export interface FrameSink {
  /** A whole packet: fixed header from `start`, variable header and payload from `body` up to `end`. */
  packet(bytes: Buffer, start: number, body: number, end: number): void;
  /** The beginning of a packet that is too large to be kept; its other bytes come as `rest`. */
  head(bytes: Buffer, start: number, body: number, end: number): void;
  /** More bytes of a packet that is too large, or what stood behind the last whole packet when the stream ended. */
  rest(bytes: Buffer, start: number, end: number): void;
  /** The stream is no MQTT from here on: these and all later bytes come as they are. */
  raw(bytes: Buffer, start: number, end: number): void;
}

export interface Framer {
  push(chunk: Buffer): void;
  /** No more bytes will come: hands over what is kept of an unfinished packet. */
  end(): void;
  /** From now on all bytes are raw; what is kept of an unfinished packet comes first. */
  goRaw(): void;
}

/** Packet type and the remaining length's four bytes. */
const TYPE_BYTES = 1;
const TYPE_SHIFT = 4;
const RESERVED_TYPE = 0;
const FIRST_CAPACITY_BYTES = 4_096;
const GROWTH = 2;

/**
 * Cuts a stream of bytes into MQTT control packets, whatever chunks it comes in. Packets inside a chunk are not copied.
 * @param largestBytes of a packet larger than this only as many bytes are kept
 */
export function createFramer(sink: FrameSink, largestBytes: number): Framer {
  let kept: Buffer = Buffer.alloc(0);
  let keptBytes = 0;
  let wanted = 0; // bytes of the unfinished packet to keep before it is handed over; 0 while its header is unfinished
  let skipping = 0; // bytes of a packet too large that are still to come
  let isRaw = false;

  const keep = (chunk: Buffer, from: number, to: number) => {
    const needed = keptBytes + to - from;
    if (kept.length < needed) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY_BYTES, needed, Math.min(wanted, kept.length * GROWTH)));
      kept.copy(grown, 0, 0, keptBytes);
      kept = grown;
    }
    chunk.copy(kept, keptBytes, from, to);
    keptBytes = needed;
  };

  const takeKept = (): Buffer => {
    const taken = kept.subarray(0, keptBytes);
    kept = Buffer.alloc(0);
    keptBytes = 0;
    wanted = 0;
    return taken;
  };

  const turnRaw = (bytes: Buffer, from: number, to: number) => {
    isRaw = true;
    sink.raw(bytes, from, to);
  };

  /** Hands over what is whole from `at` on and keeps the beginning of what is not. */
  const cut = (bytes: Buffer, from: number) => {
    let at = from;
    while (at < bytes.length && !isRaw) {
      const remaining = readVariableByteInteger(bytes, at + TYPE_BYTES, bytes.length);
      if (remaining === INCOMPLETE) return keep(bytes, at, bytes.length);
      if (remaining === INVALID || (bytes[at] ?? 0) >> TYPE_SHIFT === RESERVED_TYPE) {
        return turnRaw(bytes, at, bytes.length);
      }
      const body = at + TYPE_BYTES + sizeOfVariableByteInteger(bytes, at + TYPE_BYTES);
      const size = body - at + remaining;
      const needed = Math.min(size, largestBytes);
      if (at + needed > bytes.length) {
        wanted = needed;
        return keep(bytes, at, bytes.length);
      }
      at = handOver(bytes, at, body, size, needed);
    }
    if (at < bytes.length) sink.raw(bytes, at, bytes.length);
  };

  /** One packet, or the head of one with what the chunk has of its rest; gives where the next begins. */
  const handOver = (bytes: Buffer, at: number, body: number, size: number, needed: number): number => {
    if (size === needed) {
      sink.packet(bytes, at, body, at + size);
      return at + size;
    }
    sink.head(bytes, at, body, at + needed);
    skipping = size - needed;
    return skip(bytes, at + needed);
  };

  const skip = (bytes: Buffer, from: number): number => {
    const to = Math.min(bytes.length, from + skipping);
    skipping -= to - from;
    if (to > from) sink.rest(bytes, from, to);
    return to;
  };

  return {
    push(chunk) {
      if (isRaw) return sink.raw(chunk, 0, chunk.length);
      let at = skipping > 0 ? skip(chunk, 0) : 0;
      if (wanted > 0) {
        const more = Math.min(wanted - keptBytes, chunk.length - at);
        keep(chunk, at, at + more);
        at += more;
        if (keptBytes < wanted) return;
        cut(takeKept(), 0);
      } else if (keptBytes > 0) {
        const whole = Buffer.concat([takeKept(), chunk.subarray(at)]);
        return cut(whole, 0);
      }
      if (isRaw) {
        if (at < chunk.length) sink.raw(chunk, at, chunk.length);
        return;
      }
      // The rest of a packet too large, whose head was kept until now.
      if (skipping > 0) at = skip(chunk, at);
      cut(chunk, at);
    },
    end() {
      if (keptBytes === 0) return;
      const unfinished = takeKept();
      sink.rest(unfinished, 0, unfinished.length);
    },
    goRaw() {
      isRaw = true;
      if (keptBytes === 0) return;
      const unfinished = takeKept();
      sink.raw(unfinished, 0, unfinished.length);
    },
  };
}
