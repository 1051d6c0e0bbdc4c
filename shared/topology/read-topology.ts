import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { PermanentError } from '../errors.ts';
import { type Topology, topologyFileSchema, topologyOf } from './topology-schema.ts';

/** Beside the functions that publish and consume: it is deployed with them, on whichever broker. */
const TOPOLOGY_FILE = fileURLToPath(new URL('../../functions/topology.yml', import.meta.url));
const TOPOLOGY_SOURCE = 'functions/topology.yml';
const FOUND_LENGTH_MAX = 60;

/** @throws PermanentError `topology_invalid` with every fault: its path, the value found, what is allowed */
export function readTopology(): Topology {
  return parseTopology(readFileSync(TOPOLOGY_FILE, 'utf8'), TOPOLOGY_SOURCE);
}

/** @param source how errors call the text. @throws PermanentError `topology_invalid` */
export function parseTopology(text: string, source: string): Topology {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    invalid(
      source,
      document.errors.map(({ message }) => message.trim()),
    );
  const value: unknown = document.toJS();
  const result = topologyFileSchema.safeParse(value);
  if (result.success) return topologyOf(source, result.data);
  return invalid(
    source,
    result.error.issues.flatMap((issue) => describe(issue, value)),
  );
}

function invalid(source: string, faults: readonly string[]): never {
  throw new PermanentError('topology_invalid', [`${source} is wrong:`, ...faults].join('\n  '));
}

function describe(issue: z.core.$ZodIssue, value: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => line([...issue.path, key], value, 'no entry of this name'));
  }
  // What is wrong with a key is said inside.
  const allowed = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  if (issue.code !== 'invalid_key') return [line(issue.path, value, allowed)];
  return [`${pathText(issue.path)} is not a name here; allowed: ${allowed}`];
}

function line(path: readonly PropertyKey[], value: unknown, allowed: string): string {
  return `${pathText(path)}: found ${show(valueAt(value, path))}\n    allowed: ${allowed}`;
}

/** `streams["alerts.raw"].maxAge`. */
const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map(String)
    .map((key) => (/^\w+$/.test(key) ? (/^\d+$/.test(key) ? `[${key}]` : `.${key}`) : `[${JSON.stringify(key)}]`))
    .join('')
    .replace(/^\./, '') || '(the file)';

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX - 1)}…` : text;
}
