import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { PermanentError } from '../../shared/errors.ts';
import { parseTemplate, type TemplatePart, type VariableSource } from './template.ts';

export type Tree = Readonly<Record<string, unknown>>;

/** What variables are resolved from. */
export interface VariableContext {
  /** Folder of serverless.yml: files are named from here. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Value of `${sls:instanceId}`: one of its own for each process. */
  readonly instanceId: string;
}

export interface Variables {
  /** The value with every variable in it resolved; `place` is named in errors, such as `functions.consume.events`. */
  whole(value: unknown, place: string): unknown;
  /** Only the value itself, when it is one variable as a whole: what is inside stays as written. */
  outermost(value: unknown, place: string): unknown;
}

const SUPPORTED = `\${file(…)}, \${env:…}, \${self:…} and \${sls:instanceId}`;
/** The framework's own limit for values that hold variables again. */
const DEEPEST_NESTING = 10;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a YAML or JSON file of the service.
 * @throws PermanentError `service_file_invalid` with file, line and column
 */
export function readDocument(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return extname(file) === '.json' ? JSON.parse(text) : parseYaml(text, { merge: true, logLevel: 'error' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('service_file_invalid', `${file}: ${reason.trimEnd()}`, { cause: error });
  }
}

function follow(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

/**
 * Resolves the framework's variables in a service's configuration, those that this project uses: ${file(path):address},
 * ${env:NAME}, ${self:path}, ${sls:instanceId}, with fallbacks and nested in one another.
 */
export function createVariables(root: unknown, context: VariableContext): Variables {
  const { folder, environment, instanceId } = context;

  function fail(code: string, place: string, what: string): never {
    throw new PermanentError(code, `${resolve(folder, 'serverless.yml')}: ${place}: ${what}`);
  }

  function textOf(template: string | undefined, place: string, depth: number): string {
    const value = deep(template ?? '', place, depth + 1);
    return typeof value === 'string' ? value : String(value);
  }

  function walk(from: unknown, address: string, place: string, depth: number): unknown {
    let value = from;
    for (const key of address.split('.')) value = follow(shallow(value, place, depth + 1), key);
    return value;
  }

  function fromFile(source: VariableSource & { kind: 'source' }, place: string, depth: number): unknown {
    const name = textOf(source.params, place, depth);
    const file = resolve(folder, name);
    if (!['.yml', '.yaml', '.json'].includes(extname(file))) {
      return fail('service_variable_unsupported', place, `the worker reads YAML and JSON files only, not ${name}`);
    }
    if (!existsSync(file)) return undefined;
    const document = readDocument(file);
    return source.address === undefined ? document : walk(document, textOf(source.address, place, depth), place, depth);
  }

  function fromSource(source: VariableSource, place: string, depth: number): unknown {
    if (source.kind === 'literal') return source.value;
    const { type } = source;
    if (type === 'file') return fromFile(source, place, depth);
    const address = textOf(source.address, place, depth);
    if (type === 'env') return environment[address];
    if (type === 'self') return walk(root, address, place, depth);
    if (type === 'sls' && address === 'instanceId') return instanceId;
    const text = `\${${type}:${address}}`;
    return fail(
      'service_variable_unsupported',
      place,
      `${text} is a variable that the worker cannot read; it reads ${SUPPORTED}`,
    );
  }

  function ofVariable(part: Exclude<TemplatePart, string>, place: string, depth: number): unknown {
    for (const source of part.sources) {
      const value = fromSource(source, place, depth);
      if (value !== undefined && value !== null) return value;
    }
    if (part.sources.at(-1)?.kind === 'literal') return null;
    return fail('service_variable_missing', place, `${part.text} has no value, and no default`);
  }

  /** The value of a text: whatever its one variable gives, or a text with the values of its variables in it. */
  function shallow(value: unknown, place: string, depth: number): unknown {
    if (typeof value !== 'string') return value;
    const parts = parseTemplate(value);
    const [only] = parts;
    if (parts.every((part) => typeof part === 'string')) return value;
    if (depth > DEEPEST_NESTING)
      fail('service_variable_circular', place, `"${value}" refers to itself, or nests too deep`);
    if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
      return shallow(ofVariable(only, place, depth), place, depth + 1);
    }
    const texts = parts.map((part) => {
      if (typeof part === 'string') return part;
      const found = deep(ofVariable(part, place, depth), place, depth + 1);
      if (['string', 'number', 'boolean'].includes(typeof found)) return String(found);
      return fail('service_variable_not_text', place, `${part.text} is no text, and stands inside of one`);
    });
    return texts.join('');
  }

  function deep(value: unknown, place: string, depth: number): unknown {
    const found = shallow(value, place, depth);
    if (Array.isArray(found)) return found.map((item, index) => deep(item, `${place}[${index}]`, depth));
    if (!isTree(found)) return found;
    return Object.fromEntries(Object.entries(found).map(([key, item]) => [key, deep(item, `${place}.${key}`, depth)]));
  }

  return {
    whole: (value, place) => deep(value, place, 0),
    outermost: (value, place) => shallow(value, place, 0),
  };
}
