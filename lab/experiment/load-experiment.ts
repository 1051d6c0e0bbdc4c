import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { type Experiment, experimentSchema } from './schema.ts';

/** The experiments that come with the project. */
const EXPERIMENTS = join(import.meta.dirname, '..', 'experiments');
const SUFFIX = '.yml';

/** Names of all experiments in a folder: their paths without the suffix, as `healthcare/1`. */
export function experimentNames(folder: string = EXPERIMENTS): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length).replaceAll('\\', '/'))
    .sort();
}

/**
 * Reads and checks an experiment.
 * @param nameOrFile a name as `experimentNames` gives, or the path of a file
 * @throws PermanentError `experiment_unknown` with the names there are, or `experiment_invalid` with file, line, field and what
 *   is allowed, for every fault
 */
export function loadExperiment(nameOrFile: string, folder: string = EXPERIMENTS): Experiment {
  const names = experimentNames(folder);
  const isFile = nameOrFile.endsWith(SUFFIX);
  if (!isFile && !names.includes(nameOrFile)) {
    const message = `There is no experiment '${nameOrFile}'. There are: ${names.join(', ')}; or give a file ending in ${SUFFIX}`;
    throw new PermanentError('experiment_unknown', message);
  }
  const file = isFile ? nameOrFile : join(folder, `${nameOrFile}${SUFFIX}`);
  return { name: isFile ? nameOrFile.slice(0, -SUFFIX.length) : nameOrFile, ...readExperiment(file) };
}

function readExperiment(file: string): z.output<typeof experimentSchema> {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines });
  const shown = relative(process.cwd(), file);
  const fail = (faults: string[]) => {
    throw new PermanentError('experiment_invalid', faults.map((fault) => `${shown}:${fault}`).join('\n'));
  };
  if (document.errors.length > 0) {
    fail(document.errors.map((error) => `${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`));
  }
  const parsed = experimentSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(leaves);
  return fail(
    faults.map(({ path, message }) => `${lineOf(document, lines, path)}: ${path.join('.') || '(file)'}: ${message}`),
  ) as never;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('experiment_unknown', `${file} cannot be read: ${reason}`, { cause: error });
  }
}

interface Fault {
  path: PropertyKey[];
  message: string;
}

/** An unknown field's own place, not that of the object around it. */
function leaves(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such field here' }));
  }
  return [{ path: [...issue.path], message: issue.message }];
}

/** The line of the value at this path, or of the nearest thing around it that is there. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
