import type { Request } from 'rabbitmq-stream-js-client/dist/requests/request.js';
import { Offset } from 'rabbitmq-stream-js-client/dist/requests/subscribe_request.js';
import { StreamClientError } from './stream-error.ts';

/** Keys of the stream protocol's commands that the broker sends. Source: RabbitMQ, "Stream protocol reference". */
export const KEY = {
  publishConfirm: 0x03,
  publishError: 0x04,
  deliver: 0x08,
  metadataUpdate: 0x10,
  tune: 0x14,
  close: 0x16,
  heartbeat: 0x17,
  consumerUpdate: 0x1a,
  creditResponse: 0x8009,
} as const;
/** A reply's key is its command's with this bit. */
export const RESPONSE_BIT = 0x8000;

/** The library's writer never grows a buffer past `maxSize` and zero-fills 64 KiB a command unless told otherwise. */
const COMMAND_BYTES_INITIAL = 256;
const COMMAND_BYTES_MAX = 1_048_576;

export function commandBytes(command: Request, correlationId?: number): Buffer {
  return command.toBuffer({ initialSize: COMMAND_BYTES_INITIAL, maxSize: COMMAND_BYTES_MAX }, correlationId);
}

/** The protocol's limit of a name, bytes (RabbitMQ 4.0.3 refuses longer references; a short string's length elsewhere). */
const NAME_BYTES_MAX = 255;

/**
 * The library writes a text's length in characters before its UTF-8 bytes, which breaks the frame beyond ASCII.
 * @throws StreamClientError `invalid_argument`; the text itself stays out of the message: it may be a password
 */
export function wireText(what: string, text: string, bytesMax = NAME_BYTES_MAX): string {
  if (text.length === 0 || text.length > bytesMax || !/^[\x20-\x7e]*$/.test(text)) {
    throw new StreamClientError('invalid_argument', `${what} must be 1 to ${bytesMax} printable ASCII characters`);
  }
  return text;
}

/** Where delivery starts: a bigint is an offset, a Date the first chunk written at or after it. */
export type StartOffset = 'first' | 'last' | 'next' | bigint | Date;

const UINT64_MAX = 2n ** 64n - 1n;

/** @throws StreamClientError `invalid_argument` */
export function wireOffset(start: StartOffset): Offset {
  if (start === 'first') return Offset.first();
  if (start === 'last') return Offset.last();
  if (start === 'next') return Offset.next();
  if (start instanceof Date) {
    const ms = start.getTime();
    if (Number.isNaN(ms)) throw new StreamClientError('invalid_argument', 'the start is no date');
    // The library leaves a timestamp of 0 out of the frame; nothing in a stream is that old.
    return ms > 0 ? Offset.timestamp(start) : Offset.first();
  }
  if (typeof start !== 'bigint' || start < 0n || start > UINT64_MAX) {
    throw new StreamClientError('invalid_argument', `${String(start)} is no offset`);
  }
  return Offset.offset(start);
}

/** A 16-bit length and text. */
export function readText(bytes: Buffer, at: number): { text: string; next: number } {
  const next = at + 2 + bytes.readUInt16BE(at);
  if (next > bytes.length) throw new StreamClientError('protocol_error', 'a text reaches past its frame');
  return { text: bytes.toString('utf8', at + 2, next), next };
}
