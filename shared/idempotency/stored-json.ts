import { hash } from 'node:crypto';

/**
 * The text that `JSON.stringify` writes, as Lambda does with a response; undefined (and a function, a symbol) is null: no value.
 * @param what named in the error: 'The response'
 * @throws TypeError when the value has no JSON form (a cycle, a BigInt, a toJSON that throws).
 */
export function toStoredJson(value: unknown, what: string): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`${what} cannot be stored as JSON: ${reason}`, { cause: error });
  }
}

/** The value that was stored; undefined where there was none. */
export function fromStoredJson(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Names sorted by UTF-16 code units (as sort does by itself), no spaces (RFC 8785): texts that mean the same become the same. */
function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${canonical(member)}`);
  }
  return `{${members.join(',')}}`;
}

/**
 * SHA-256, in hex, of the payload's canonical JSON: equal where two payloads mean the same. Undefined for undefined.
 * @throws TypeError as `toStoredJson`.
 */
export function payloadHash(payload: unknown): string | undefined {
  const text = toStoredJson(payload, 'The payload');
  return text === null ? undefined : hash('sha256', canonical(JSON.parse(text)));
}
