import { problemJson } from '../http/problem-form.ts';
import { jsonSchemaOf } from '../json-schema.ts';
import { BEARER, operationOf } from './operation.ts';
import type { Route } from './read-routes.ts';

export const OPENAPI_VERSION = '3.1.0';
const VERSION = '1.0.0';

/** OpenAPI 3.1 of these routes. */
export function openApiOf(routes: readonly Route[]): object {
  const sorted = routes.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const paths: Record<string, Record<string, object>> = {};
  for (const route of sorted) {
    paths[route.path] = { ...paths[route.path], [route.description.method.toLowerCase()]: operationOf(route) };
  }
  const problemForms = [problemJson, ...sorted.flatMap(({ description: { problemForm } }) => problemForm ?? [])];
  return {
    openapi: OPENAPI_VERSION,
    info: {
      title: 'Heartline',
      version: VERSION,
      description: 'Patient monitors’ alerts, purchases and medical events.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'where this document is from' }],
    tags: [...new Set(sorted.map(({ description: { stage } }) => stage))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        [BEARER]: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'its claim `role` is one of those that a route names',
        },
      },
      schemas: Object.fromEntries(problemForms.map(({ name, schema }) => [name, jsonSchemaOf(schema)])),
    },
  };
}
