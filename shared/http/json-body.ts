import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError } from './problem.ts';

/** An alert's evidence may have 32 KiB; this leaves room for its other members and for JSON's longer spellings. */
export const MAX_BODY_BYTES = 64 * 1024;

/** RFC 6838: application/json, or a type with the +json suffix. */
const JSON_TYPE = /^application\/(json|[a-z0-9!#$&^_.-]+\+json)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const BASE64_BYTES_A_CHARACTER = 3 / 4;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function checkContentType(header: string | undefined): void {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const isUtf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
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

function checkSize(bytes: number): void {
  if (bytes <= MAX_BODY_BYTES) return;
  throw new HttpError('body_too_large', `The body must not exceed ${MAX_BODY_BYTES} bytes.`);
}

function decodeBase64(body: string): string {
  checkSize(Math.floor(body.length * BASE64_BYTES_A_CHARACTER));
  if (!BASE64.test(body)) throw new HttpError('malformed_json', 'The body is marked as base64 and is not.');
  try {
    return utf8.decode(Buffer.from(body, 'base64'));
  } catch (error) {
    if (error instanceof TypeError) throw new HttpError('malformed_json', 'The body is not UTF-8.');
    throw error;
  }
}

/**
 * The JSON value in a request's body.
 * @throws HttpError 415, 413 or 400 (`malformed_json`).
 */
export function readJsonBody(event: APIGatewayProxyEventV2): unknown {
  checkContentType(event.headers['content-type']);
  checkContentEncoding(event.headers['content-encoding']);
  const body = event.body ?? '';
  if (!event.isBase64Encoded) checkSize(Buffer.byteLength(body));
  const text = event.isBase64Encoded ? decodeBase64(body) : body;
  // Where the server has decoded the body, bytes that are not UTF-8 arrive as this character: stored, they would be altered.
  if (text.includes('\uFFFD')) throw new HttpError('malformed_json', 'The body is not UTF-8, or has U+FFFD in it.');
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the body, which may name a patient.
    if (error instanceof SyntaxError)
      throw new HttpError('malformed_json', 'The body is empty or not well-formed JSON.');
    throw error;
  }
}
