import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { config } from '../config.ts';
import type { HttpHandler, RouteDescription } from '../http/http-handler.ts';

/** A route as API Gateway has it: `/events/{eventId}`. */
export interface Route {
  path: string;
  description: RouteDescription;
  /** The first line of its file: what it promises. */
  promise: string;
}

const functionsFile = z.record(
  z.string(),
  z.object({ handler: z.string(), events: z.array(z.record(z.string(), z.unknown())).optional() }),
);
const INCLUDED = /\$\{file\(([^)]+)\)\}/;
const PROMISE = /^\/\/ Promise: (.*)$/m;

/** The routes of all functions that serverless.yml includes. */
export async function readRoutes(): Promise<Route[]> {
  const { projectRoot } = config();
  const { functions } = parse(readFileSync(join(projectRoot, 'serverless.yml'), 'utf8')) as { functions: string[] };
  const files = functions.flatMap((text) => INCLUDED.exec(text)?.[1] ?? []);
  const routes = files.flatMap((file) => {
    const all = functionsFile.parse(parse(readFileSync(join(projectRoot, file), 'utf8')));
    return Object.values(all).flatMap(({ handler, events = [] }) =>
      // `ANY` is there to answer 405.
      events.flatMap(({ httpApi }) =>
        typeof httpApi === 'string' && !httpApi.startsWith('ANY ') ? [{ handler, httpApi }] : [],
      ),
    );
  });
  return Promise.all(
    routes.map(async ({ handler, httpApi }) => {
      const [, path = ''] = httpApi.split(' ');
      const file = join(projectRoot, handler.replace(/\.handler$/, '.ts'));
      const module = (await import(pathToFileURL(file).href)) as { handler: HttpHandler };
      const [, promise = ''] = PROMISE.exec(readFileSync(file, 'utf8')) ?? [];
      return { path, description: module.handler.route, promise };
    }),
  );
}
