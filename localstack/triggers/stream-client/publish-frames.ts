import { StreamClientError } from './stream-error.ts';

interface Publishing {
  readonly publisherId: number;
  /** One a message. */
  readonly ids: readonly bigint[];
  readonly messages: readonly Buffer[];
  /** The broker refuses a larger frame and closes the connection. */
  readonly bytesMax: number;
}

const KEY_PUBLISH = 0x02;
const VERSION = 1;
/** Size, key, version, publisher id, count. */
const HEADER_BYTES = 13;
/** Publishing id and length. */
const ENTRY_BYTES = 12;

/** The largest message that fits a frame. */
export const messageBytesMax = (frameBytesMax: number): number => frameBytesMax - HEADER_BYTES - ENTRY_BYTES;

/**
 * Publish frames, as few as the frame size allows. Not the library's writer: that logs each frame as an array of numbers.
 * @throws StreamClientError `message_too_large`
 */
export function publishFrames({ publisherId, ids, messages, bytesMax }: Publishing): Buffer[] {
  const frames: Buffer[] = [];
  let from = 0;
  let size = HEADER_BYTES;
  const flush = (to: number) => {
    if (to > from) frames.push(frameOf(publisherId, ids.slice(from, to), messages.slice(from, to), size));
    from = to;
    size = HEADER_BYTES;
  };
  for (const [index, message] of messages.entries()) {
    const bytes = ENTRY_BYTES + message.length;
    if (message.length > messageBytesMax(bytesMax)) {
      throw new StreamClientError('message_too_large', `${message.length} bytes do not fit a frame of ${bytesMax}`);
    }
    if (size + bytes > bytesMax) flush(index);
    size += bytes;
  }
  flush(messages.length);
  return frames;
}

function frameOf(publisherId: number, ids: readonly bigint[], messages: readonly Buffer[], size: number): Buffer {
  const frame = Buffer.allocUnsafe(size);
  frame.writeUInt32BE(size - 4, 0);
  frame.writeUInt16BE(KEY_PUBLISH, 4);
  frame.writeUInt16BE(VERSION, 6);
  frame.writeUInt8(publisherId, 8);
  frame.writeUInt32BE(messages.length, 9);
  let at = HEADER_BYTES;
  for (const [index, message] of messages.entries()) {
    frame.writeBigUInt64BE(ids[index] ?? 0n, at);
    frame.writeUInt32BE(message.length, at + 8);
    message.copy(frame, at + ENTRY_BYTES);
    at += ENTRY_BYTES + message.length;
  }
  return frame;
}
