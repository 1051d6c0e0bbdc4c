import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError } from './problem.ts';

/** An alert's evidence may have 32 KiB; this leaves room for its other members and for JSON's longer spellings. */
export const MAX_BODY_BYTES = 64 * 1024;

/** RFC 6838: application/json, or a type with the +json suffix. */
const JSON_TYPE = /^application\/(json|[a-z0-9!#$&^_.-]+\+json)$/;
export const NDJSON_TYPE = 'application/x-ndjson';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const BASE64_BYTES_A_CHARACTER = 3 / 4;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function mediaTypeOf(header: string | undefined): { type: string; isUtf8: boolean } {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return { type, isUtf8: charset === undefined || /^"?utf-?8"?$/.test(charset) };
}

function checkContentType(header: string | undefined): void {
  const { type, isUtf8 } = mediaTypeOf(header);
  if (JSON_TYPE.test(type) && isUtf8) return;
  const found = header === undefined ? 'none was declared' : 'another was declared';
  throw new HttpError('unsupported_media_type', `The content type must be application/json in UTF-8; ${found}.`, {
    headers: { accept: 'application/json' },
  });
}

/** Compressed bytes would be taken for a text that is not JSON: better to say what is not understood (RFC 9110, section 8.4). */
function checkContentEncoding(header: string | undefined): void {
  if (header === undefined || header.trim().toLowerCase() === 'identity') return;
  throw new HttpError('unsupported_media_type', 'The body must be sent without a content encoding.', {
    headers: { 'accept-encoding': 'identity' },
  });
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new HttpError('body_too_large', `The body must not exceed ${maxBytes} bytes.`);
}

function decodeBase64(body: string, maxBytes: number): string {
  checkSize(Math.floor(body.length * BASE64_BYTES_A_CHARACTER), maxBytes);
  if (!BASE64.test(body)) throw new HttpError('malformed_json', 'The body is marked as base64 and is not.');
  try {
    return utf8.decode(Buffer.from(body, 'base64'));
  } catch (error) {
    if (error instanceof TypeError) throw new HttpError('malformed_json', 'The body is not UTF-8.');
    throw error;
  }
}

function readText(event: APIGatewayProxyEventV2, maxBytes: number): string {
  checkContentEncoding(event.headers['content-encoding']);
  // Serverless offline hands over a JSON text of `false` or `0` as that value, not as the text that it is (14.8.2).
  const given: unknown = event.body ?? '';
  const body = typeof given === 'string' ? given : JSON.stringify(given);
  if (!event.isBase64Encoded) checkSize(Buffer.byteLength(body), maxBytes);
  const text = event.isBase64Encoded ? decodeBase64(body, maxBytes) : body;
  // Where the server has decoded the body, bytes that are not UTF-8 arrive as this character: stored, they would be altered.
  if (text.includes('\uFFFD')) throw new HttpError('malformed_json', 'The body is not UTF-8, or has U+FFFD in it.');
  return text;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the body, which may name a patient.
    if (error instanceof SyntaxError)
      throw new HttpError('malformed_json', `${what} is empty or not well-formed JSON.`);
    throw error;
  }
}

/**
 * The JSON value in a request's body.
 * @throws HttpError 415, 413 or 400 (`malformed_json`).
 */
export function readJsonBody(event: APIGatewayProxyEventV2, maxBytes = MAX_BODY_BYTES): unknown {
  checkContentType(event.headers['content-type']);
  return parse(readText(event, maxBytes), 'The body');
}

/** A value of a list, or why it is none. */
export type ListItem = { value: unknown } | { error: HttpError };

/**
 * The values in a request's body: a JSON array, or (application/x-ndjson) one a line, of which a bad one leaves the others unaffected.
 * @throws HttpError 415, 413 or 400 (`malformed_json`).
 */
export function readJsonList(event: APIGatewayProxyEventV2, maxBytes: number): ListItem[] {
  const { type, isUtf8 } = mediaTypeOf(event.headers['content-type']);
  if (type !== NDJSON_TYPE || !isUtf8) {
    checkContentType(event.headers['content-type']);
    const value = parse(readText(event, maxBytes), 'The body');
    if (!Array.isArray(value)) throw new HttpError('validation_failed', 'The body must be an array, or JSON lines.');
    return value.map((item) => ({ value: item }));
  }
  const lines = readText(event, maxBytes).split('\n');
  // The last line may end the body or be ended itself; a line of nothing else is one that is wrong.
  if (lines.at(-1)?.trim() === '') lines.pop();
  return lines.map((line) => {
    try {
      return { value: parse(line, 'The line') };
    } catch (error) {
      if (error instanceof HttpError) return { error };
      throw error;
    }
  });
}
