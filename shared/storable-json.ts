import { z } from 'zod';
import { canonicalJson, type Json } from './canonical-json.ts';

/** Deeper than any structure a monitor reports; it bounds the recursion over what a stranger sends. */
export const MAX_DEPTH = 16;

const NUL = '\u0000';

interface Fault {
  path: (string | number)[];
  message: string;
}

/** Why Postgres could not keep `text` as it is (it refuses U+0000 and lone surrogates), or undefined. */
function textFault(text: string): string | undefined {
  if (text.includes(NUL)) return 'must not contain the NUL character (U+0000)';
  if (!text.isWellFormed()) return 'must not contain a lone surrogate';
  return undefined;
}

function findFault(value: unknown, path: (string | number)[]): Fault | undefined {
  if (path.length > MAX_DEPTH) return { path, message: `must not be deeper than ${MAX_DEPTH} levels` };
  if (typeof value === 'string') {
    const message = textFault(value);
    return message === undefined ? undefined : { path, message };
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return { path, message: 'number out of range (IEEE 754)' };
  if (value === null || typeof value !== 'object') return undefined;
  const members: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [name, member] of members) {
    const nameFault = typeof name === 'string' ? textFault(name) : undefined;
    if (nameFault !== undefined) return { path, message: `a member's name ${nameFault}` };
    const fault = findFault(member, [...path, name]);
    if (fault) return fault;
  }
  return undefined;
}

/**
 * JSON that jsonb keeps as it is, within limits. Checked by walking it, not copied: a copying schema would drop a member named
 * `__proto__`, and what is stored must be what was sent.
 * @param is whether it is of the wanted form; `form` says in an error which, `type` in JSON Schema's words
 */
export const storableJson = <Value extends Json>(
  is: (value: unknown) => boolean,
  { form, type, maxBytes }: { form: string; type: 'object' | ('object' | 'array')[]; maxBytes: number },
) =>
  z
    .custom<Value>(is, { error: `must be ${form}`, abort: true })
    .superRefine((value, context) => {
      const fault = findFault(value, []);
      if (fault) {
        context.addIssue({ code: 'custom', ...fault });
        return;
      }
      const bytes = Buffer.byteLength(canonicalJson(value));
      if (bytes > maxBytes) {
        context.addIssue({ code: 'custom', message: `must not exceed ${maxBytes} bytes, has ${bytes}` });
      }
    })
    .meta({ description: `${form}, up to ${maxBytes} bytes and ${MAX_DEPTH} levels`, type });
