import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { missingIn } from './check-facts.ts';
import { faultsOf } from './faults.ts';
import { projectFacts } from './project-facts.ts';
import { type Experiment, experimentSchema } from './schema.ts';

/** The experiments that come with the project. */
const EXPERIMENTS = join(import.meta.dirname, '..', 'experiments');
const SUFFIX = '.yml';
/** Where the parser's message goes on with line, column and an excerpt. */
const PLACE_IN_TEXT = / at line \d/;
/** The file system's errors that a person causes, in words. */
const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

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
  const invalid = (faults: string[]) =>
    new PermanentError('experiment_invalid', faults.map((fault) => `${shown}:${fault}`).join('\n'));
  // The first is the fault; what else the parser stumbles over mostly follows from it.
  const [broken] = document.errors;
  if (broken) throw invalid([`${broken.linePos?.[0].line ?? 1}: no YAML: ${broken.message.split(PLACE_IN_TEXT)[0]}`]);
  const parsed = experimentSchema.safeParse(document.toJS());
  const faults = parsed.success ? missingIn(projectFacts(), parsed.data) : faultsOf(parsed.error);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw invalid(
    faults.map(({ path, message }) => `${lineOf(document, lines, path)}: ${path.join('.') || '(file)'}: ${message}`),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new PermanentError('experiment_unknown', `${file} cannot be read: ${FILE_ERRORS[code] ?? message}`, {
      cause: error,
    });
  }
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
