import type { AmqpMap } from '../stream-client/amqp-value.ts';
import type { StreamRecord } from '../stream-client/delivery-queue.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';

/** A record given up on, as it was stored, and why. */
export interface DeadLetter {
  /** The record's AMQP message as it was stored, so that it can be published again unchanged. */
  readonly bytes: Buffer;
  /** The stream that it was read from, and where. */
  readonly partition: string;
  readonly offset: bigint;
  /** When it was written there, ms since 1970. */
  readonly timestampMs: number;
  readonly functionName: string;
  readonly condition: string;
  readonly attempts: number;
  /** Of the last attempt; none if there was no attempt. */
  readonly failure?: { readonly code: string; readonly name: string; readonly message: string } | undefined;
  /** Why the bytes are no message, if so. */
  readonly undecodable?: string | undefined;
  readonly atMs: number;
}

/** A dead letter as read back; `truncatedFrom`: how many bytes the record has, of which `bytes` are the first. */
export type ReadDeadLetter = DeadLetter & { readonly truncatedFrom?: number };

const CONTENT_TYPE = 'application/vnd.heartline.dead-letter';
const PREFIX = 'x-dead-letter-';
/** A dead letter explains a failure, it does not archive a stack dump; characters. */
const TEXT_LENGTH_MAX = 2_000;
const CODE_LENGTH_MAX = 200;
/** A stream's or a function's name, at its longest (255 in the protocol). */
const NAME_LENGTH_MAX = 255;
/** Of a frame of 1 MiB (the broker's default) without what the frame and the message around the content take. */
const MESSAGE_BYTES_MAX = 1_048_576 - 1_024;
/** Of the properties at their longest, in UTF-8. */
const PROPERTIES_BYTES_MAX = 24 * 1_024;
/** ECMA-262, time values. */
const DATE_MAX_MS = 8.64e15;
const OFFSET_MAX = 2n ** 64n - 1n;

/**
 * The AMQP message that a failure destination stores: the record's bytes as content, the rest as text properties. It fits a
 * frame whatever the failure says: a record too large for that is cut, and says so (`x-dead-letter-truncated`).
 */
export function deadLetterMessage(letter: DeadLetter, { messageBytesMax = MESSAGE_BYTES_MAX } = {}): Buffer {
  const { bytes, failure, undecodable } = letter;
  const contentMax = Math.max(0, messageBytesMax - PROPERTIES_BYTES_MAX);
  const properties: Record<string, string | undefined> = {
    stream: clipped(letter.partition, NAME_LENGTH_MAX),
    offset: String(letter.offset),
    timestamp: isoTime(letter.timestampMs),
    function: clipped(letter.functionName, NAME_LENGTH_MAX),
    condition: clipped(letter.condition, CODE_LENGTH_MAX),
    attempts: String(letter.attempts),
    'error-code': failure && clipped(failure.code, CODE_LENGTH_MAX),
    'error-name': failure && clipped(failure.name, CODE_LENGTH_MAX),
    'error-message': failure && clipped(failure.message, TEXT_LENGTH_MAX),
    at: isoTime(letter.atMs),
    undecodable: undecodable === undefined ? undefined : clipped(undecodable, TEXT_LENGTH_MAX),
    truncated: bytes.length > contentMax ? String(bytes.length) : undefined,
  };
  const present = Object.entries(properties).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return encodeMessage({
    content: bytes.subarray(0, contentMax),
    contentType: CONTENT_TYPE,
    applicationProperties: Object.fromEntries(present.map(([name, value]) => [`${PREFIX}${name}`, value])),
  });
}

/** Reads what {@link deadLetterMessage} wrote, or says why the record is none. Never throws. */
export function readDeadLetter(record: Pick<StreamRecord, 'message'>): ReadDeadLetter | { readonly problem: string } {
  const { message } = record;
  if (message.undecodable !== undefined) return { problem: `not an AMQP message: ${message.undecodable}` };
  const { properties, applicationProperties: given, body } = message;
  if (properties?.contentType !== CONTENT_TYPE) return { problem: `its content type is not ${CONTENT_TYPE}` };
  if (body.kind !== 'data' || given === undefined) return { problem: 'it has no content or no properties' };
  const fields = {
    partition: textOf(given, 'stream'),
    offset: offsetOf(textOf(given, 'offset')),
    timestampMs: timeOf(textOf(given, 'timestamp')),
    functionName: textOf(given, 'function'),
    condition: textOf(given, 'condition'),
    attempts: countOf(textOf(given, 'attempts')),
    atMs: timeOf(textOf(given, 'at')),
  };
  if (!isComplete(fields)) {
    const [name] = Object.entries(fields).find(([, value]) => value === undefined) ?? [];
    return { problem: `its ${name} is missing or not readable` };
  }
  const code = textOf(given, 'error-code');
  const undecodable = textOf(given, 'undecodable');
  const truncatedFrom = countOf(textOf(given, 'truncated'));
  const failure =
    code === undefined
      ? {}
      : { failure: { code, name: textOf(given, 'error-name') ?? '', message: textOf(given, 'error-message') ?? '' } };
  return {
    ...fields,
    ...failure,
    ...(undecodable === undefined ? {} : { undecodable }),
    ...(truncatedFrom === undefined ? {} : { truncatedFrom }),
    bytes: message.content,
  };
}

type Complete<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };
function isComplete<T extends object>(fields: T): fields is T & Complete<T> {
  return Object.values(fields).every((value) => value !== undefined);
}

/** U+0000 is refused by some who read it, and half a character is no UTF-8. */
function clipped(text: string, lengthMax: number): string {
  const short = text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
  return short.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

/** A broker's time may be any 64 bits; the nearest that there is a date for. */
function isoTime(ms: number): string {
  const near = Number.isNaN(ms) ? 0 : Math.max(-DATE_MAX_MS, Math.min(DATE_MAX_MS, ms));
  return new Date(near).toISOString();
}

function textOf(properties: AmqpMap, name: string): string | undefined {
  const value = properties.get(`${PREFIX}${name}`);
  return typeof value === 'string' ? value : undefined;
}

function offsetOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const offset = BigInt(text);
  return offset > OFFSET_MAX ? undefined : offset;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
