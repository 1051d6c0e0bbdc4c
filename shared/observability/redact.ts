import { hashPatientId } from './patient-id.ts';

/** Field names compared without case, dashes and underscores. */
const PATIENT_ID_FIELDS = new Set(['patientid', 'partitionkey']);
const SECRET_FIELDS =
  /^(authorization|cookie|setcookie|apikey|credentials?|privatekey|jwt|connectionstring|(.*(password|passwd|secret|token)))$/;
const PERSON_FIELDS = /^(patientname|(first|last|given|family|full|sur)name|birthdate|dateofbirth|mrn)$/;
/** A shorter id ("7") would be found inside every number; as a field it is hashed at any length. */
const SHORTEST_ID_SOUGHT_IN_TEXT = 4;
/** A log line stays far below the 1 MiB at which the local stack cuts it, and readable. */
const LONGEST_TEXT_CHARACTERS = 4_096;
/** Deeper or wider than any event of this system: what lies beyond is not worth a log line. */
const DEEPEST_LEVEL = 8;
const WIDEST_CONTAINER_ENTRIES = 100;
/** Fields the program fills, not a device: an id that reads "INFO" or "2026" must not change them. */
const OWN_FIELDS = new Set(['level', 'timestamp', 'service', 'function', 'stage', 'traceId']);
/** Secrets in a text: a bearer token, a JWT, the password in a URL. */
const SECRET_TEXT = /\bBearer\s+[\w.~+/-]+=*|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=:\/\/[^\s:@/]*:)[^\s@/]+(?=@)/g;
const REDACTED = '[redacted]';

type Kind = 'patient' | 'secret' | 'plain';

function kindOf(field: string): Kind {
  const name = field.toLowerCase().replaceAll(/[-_]/g, '');
  if (PATIENT_ID_FIELDS.has(name)) return 'patient';
  return SECRET_FIELDS.test(name) || PERSON_FIELDS.test(name) ? 'secret' : 'plain';
}

function isId(value: unknown): value is string | number | bigint {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}

/** The text as a regular expression that matches just it. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Turns an error into plain fields. */
type DescribeError = (error: Error) => Record<string, unknown>;

/**
 * A copy of a log entry that may be written: at any depth, patient ids are hashed, secrets and names redacted. A
 * patient id of the entry that also stands in a text (a message, a topic, an error) is replaced there too. Texts are
 * rid of what looks like a credential and cut at 4,096 characters; cycles and depths past 8 levels are named, not followed.
 */
export function redact(
  entry: Record<string, unknown>,
  key: string,
  describeError: DescribeError,
): Record<string, unknown> {
  const hashes = new Map<string, string>();

  function patient(value: string | number | bigint): string {
    const id = String(value);
    const hash = hashes.get(id) ?? hashPatientId(id, key);
    hashes.set(id, hash);
    return hash;
  }

  function walk(value: unknown, field: string, ancestors: readonly object[]): unknown {
    const kind = kindOf(field);
    if (kind === 'secret' && value !== undefined && value !== null) return REDACTED;
    if (kind === 'patient' && isId(value)) return patient(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
    if (ancestors.includes(value)) return '[circular]';
    if (ancestors.length >= DEEPEST_LEVEL) return '[deeper]';
    const path = [...ancestors, value];
    if (value instanceof Error) return walk(describeError(value), field, path);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    const inner = value instanceof Map || value instanceof Set ? [...value.entries()] : Object.entries(value);
    const taken = inner.slice(0, WIDEST_CONTAINER_ENTRIES);
    if (Array.isArray(value)) return taken.map(([, item]) => walk(item, field, path));
    return Object.fromEntries(taken.map(([name, item]) => [String(name), walk(item, String(name), path)]));
  }

  const clean = Object.entries(entry).map(([name, value]): [string, unknown] => [name, walk(value, name, [entry])]);
  const sought = [...hashes.keys()].filter((id) => id.length >= SHORTEST_ID_SOUGHT_IN_TEXT);
  const anyId = sought.length === 0 ? undefined : new RegExp(sought.sort(longestFirst).map(literally).join('|'), 'g');

  function text(value: string): string {
    const hashed = anyId === undefined ? value : value.replace(anyId, (id) => hashes.get(id) ?? REDACTED);
    const scrubbed = hashed.replaceAll(SECRET_TEXT, REDACTED);
    return scrubbed.length <= LONGEST_TEXT_CHARACTERS
      ? scrubbed
      : `${scrubbed.slice(0, LONGEST_TEXT_CHARACTERS)}… (${scrubbed.length} characters)`;
  }

  /** Second pass: only now are all ids of the entry known. Field names are checked too: maps are keyed by patient. */
  function scrub(value: unknown, field: string): unknown {
    if (typeof value === 'string') return kindOf(field) === 'patient' ? value : text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => scrub(item, field));
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), scrub(item, name)]));
  }

  return Object.fromEntries(clean.map(([name, value]) => [name, OWN_FIELDS.has(name) ? value : scrub(value, name)]));
}
