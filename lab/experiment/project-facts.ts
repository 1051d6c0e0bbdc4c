import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentSchema } from '../../shared/config-schema.ts';

/** What an experiment can refer to: read from the project's own files. */
export interface ProjectFacts {
  /** Load scripts in k6/. */
  readonly scripts: readonly string[];
  readonly stages: readonly string[];
  readonly functions: readonly string[];
  /** Those of another serverless.yml; undefined if there is none in that folder. */
  functionsOf(folder: string): readonly string[] | undefined;
  /** Paths that answer GET. */
  readonly paths: readonly string[];
  /** Environment variables that change how the functions behave. */
  readonly settings: readonly string[];
}

const ROOT = join(import.meta.dirname, '..', '..');
const SCRIPT_SUFFIX = '.ts';
/** Where a stack is, is the lab's own to say. */
const PLACES = /_(PORT|URL|HOME)$/;
const VARIABLE = /\$\{env:(HEARTLINE_\w+)/g;

export function projectFacts(root: string = ROOT): ProjectFacts {
  const functionsFolder = join(root, 'functions');
  const stages = readdirSync(functionsFolder).filter((name) =>
    existsSync(join(functionsFolder, name, 'functions.yml')),
  );
  const files = stages.map((stage) => readFileSync(join(functionsFolder, stage, 'functions.yml'), 'utf8'));
  const definitions = files.flatMap((text) => Object.entries(parse(text) as Record<string, FunctionDefinition>));
  const inFiles = files.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name]) => name ?? ''));
  return {
    scripts: readdirSync(join(root, 'k6'))
      .filter((file) => file.endsWith(SCRIPT_SUFFIX))
      .map((file) => file.slice(0, -SCRIPT_SUFFIX.length)),
    stages,
    functions: definitions.map(([name]) => name),
    functionsOf(folder) {
      const file = join(root, folder, 'serverless.yml');
      if (!existsSync(file)) return undefined;
      return Object.keys((parse(readFileSync(file, 'utf8')) as { functions?: object }).functions ?? {});
    },
    paths: definitions.flatMap(([, { events = [] }]) => events.flatMap(({ httpApi }) => getPath(httpApi))),
    settings: [...Object.keys(environmentSchema.shape), ...inFiles].filter((name) => !PLACES.test(name)),
  };
}

interface FunctionDefinition {
  events?: { httpApi?: unknown }[];
}

function getPath(httpApi: unknown): string[] {
  const [method, path] = typeof httpApi === 'string' ? httpApi.split(' ') : [];
  return method === 'GET' && path !== undefined ? [path] : [];
}
