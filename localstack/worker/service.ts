import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { createVariables, isTree, readDocument, type Tree, type VariableContext, type Variables } from './variables.ts';

/** serverless-offline's default, in MB. */
const MEMORY_SIZE_DEFAULT_MB = 1024;
/** The framework's defaults. */
const STAGE_DEFAULT = 'dev';
const REGION_DEFAULT = 'us-east-1';

const environmentSchema = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null()], { error: 'a text, a number, true or false' }),
  )
  .default({});

const providerSchema = z.object({
  stage: z.string().default(STAGE_DEFAULT),
  region: z.string().default(REGION_DEFAULT),
  timeout: z.number().positive().optional(),
  memorySize: z.number().int().positive().optional(),
  environment: environmentSchema,
});

const functionSchema = z.object({
  handler: z.string({ error: 'a path and an export, such as functions/db-first/notify-staff.handler' }),
  name: z.string().optional(),
  timeout: z.number().positive().optional(),
  memorySize: z.number().int().positive().optional(),
  environment: environmentSchema,
  events: z.array(z.unknown()).default([]),
});

/** A function of serverless.yml as the worker runs it: every variable resolved, the provider's settings merged in. */
export interface WorkerFunction {
  readonly key: string;
  /** Its name in AWS: `<service>-<stage>-<key>`, unless it says another. */
  readonly name: string;
  readonly handler: string;
  /** Seconds; undefined: the triggers' default. */
  readonly timeoutS: number | undefined;
  readonly memorySizeMb: number;
  readonly region: string;
  /** The provider's, then the function's own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly events: readonly Tree[];
}

export interface Service {
  readonly folder: string;
  /** Keys of all functions. */
  readonly functions: readonly string[];
  /** Kinds of the function's events, as written: `httpApi`, `pgmq`. */
  eventKinds(key: string): string[];
  /** @throws PermanentError `service_*` that names file, place and what is wrong there */
  read(key: string): WorkerFunction;
}

/** `functions:` is a map or a list of maps; each may be a variable. */
function mergeFunctions(written: unknown, variables: Variables, file: string): ReadonlyMap<string, unknown> {
  const outer = variables.outermost(written, 'functions');
  const functions = new Map<string, unknown>();
  for (const [index, part] of (Array.isArray(outer) ? outer : [outer]).entries()) {
    const map = variables.outermost(part, `functions[${index}]`);
    if (map === undefined || map === null) continue;
    if (!isTree(map))
      throw new PermanentError('service_invalid', `${file}: functions[${index}] is no map of functions`);
    for (const [key, definition] of Object.entries(map)) {
      if (functions.has(key)) throw new PermanentError('service_invalid', `${file}: function ${key} is defined twice`);
      functions.set(key, definition);
    }
  }
  return functions;
}

function checked<T>(schema: z.ZodType<T>, value: unknown, file: string, place: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${file}: ${[place, ...path].join('.')}: ${message}`);
  throw new PermanentError('service_invalid', faults.join('\n'));
}

function textValues(environment: Readonly<Record<string, string | number | boolean | null>>): Record<string, string> {
  const set = Object.entries(environment).filter(([, value]) => value !== null);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}

/**
 * Reads serverless.yml. Variables are resolved where a function needs them, so another function's do no harm.
 * @throws PermanentError `service_missing`, `service_*`
 */
export function readService(context: VariableContext): Service {
  const file = join(context.folder, 'serverless.yml');
  if (!existsSync(file)) throw new PermanentError('service_missing', `There is no ${file}.`);
  const root = readDocument(file);
  if (!isTree(root)) throw new PermanentError('service_invalid', `${file} is no map.`);
  const variables = createVariables(root, context);
  const functions = mergeFunctions(root['functions'], variables, file);

  function definitionOf(key: string): unknown {
    return variables.outermost(functions.get(key), `functions.${key}`);
  }

  function eventKinds(key: string): string[] {
    const definition = definitionOf(key);
    const events = isTree(definition)
      ? variables.outermost(definition['events'], `functions.${key}.events`)
      : undefined;
    if (!Array.isArray(events)) return [];
    return [...new Set(events.flatMap((event) => (isTree(event) ? Object.keys(event) : [String(event)])))];
  }

  function read(key: string): WorkerFunction {
    const written = isTree(root) ? root : {};
    const used = pick(variables.outermost(written['provider'], 'provider'));
    const provider = checked(providerSchema, variables.whole(used, 'provider'), file, 'provider');
    const place = `functions.${key}`;
    const definition = checked(functionSchema, variables.whole(definitionOf(key), place), file, place);
    const service = checked(z.string(), variables.whole(written['service'], 'service'), file, 'service');
    return {
      key,
      name: definition.name ?? `${service}-${provider.stage}-${key}`,
      handler: definition.handler,
      timeoutS: definition.timeout ?? provider.timeout,
      memorySizeMb: definition.memorySize ?? provider.memorySize ?? MEMORY_SIZE_DEFAULT_MB,
      region: provider.region,
      environment: { ...textValues(provider.environment), ...textValues(definition.environment) },
      events: definition.events.filter(isTree),
    };
  }

  return { folder: context.folder, functions: [...functions.keys()], eventKinds, read };
}

/** Of the provider's settings only these are used here: a variable in another is not this program's business. */
function pick(provider: unknown): Tree {
  if (!isTree(provider)) return {};
  return Object.fromEntries(Object.entries(provider).filter(([name]) => Object.hasOwn(providerSchema.shape, name)));
}
