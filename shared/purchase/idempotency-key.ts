import { z } from 'zod';
import { HttpError, type ProblemCode } from '../http/problem.ts';
import { KEY_PATTERN } from './purchase-message.ts';

const HEADER = 'idempotency-key';
/** RFC 9651, section 3.3.3: a string, its quotes and backslashes escaped. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

export const KEY_PROBLEMS = ['idempotency_key_missing', 'idempotency_key_invalid'] as const satisfies ProblemCode[];

/** The header as a client sends it, for the document of the routes. */
export const idempotencyKeyHeader = z
  .string()
  .regex(/^(?:"(?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}"|[\x21\x23-\x7e]{1,255})$/)
  .describe('a new one for each request, the same to repeat one; with the quotes of a structured field, or without');

/**
 * The request's Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a structured field string; without quotes, as many
 * clients send it, it is taken as it stands.
 * @throws HttpError `idempotency_key_missing`, `idempotency_key_invalid`
 */
export function idempotencyKey(headers: Readonly<Record<string, string | undefined>>): string {
  const header = headers[HEADER]?.trim() ?? '';
  if (header === '')
    throw new HttpError(
      'idempotency_key_missing',
      'Send the header Idempotency-Key: a new one for each request, the same to repeat one.',
    );
  const [, quoted] = QUOTED.exec(header) ?? [];
  const key = quoted === undefined ? header : quoted.replace(/\\(["\\])/g, '$1');
  const isBare = quoted !== undefined || !header.includes('"');
  if (KEY_PATTERN.test(key) && isBare) return key;
  throw new HttpError('idempotency_key_invalid', 'An Idempotency-Key is 1 to 255 visible characters of ASCII.');
}
