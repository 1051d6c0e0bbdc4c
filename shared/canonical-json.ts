import { createHash } from 'node:crypto';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/**
 * Canonical JSON text (RFC 8785): names sorted by UTF-16 code units, numbers and strings as ECMAScript writes them, no
 * spaces. Two texts that mean the same give the same canonical text. Input must be finite and well-formed (RFC 7493).
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 over the canonical text, in hex: equal exactly where two values mean the same. */
export function fingerprintOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
