import { z } from 'zod';
import { PROBLEM_CODES } from '../http/problem.ts';
import type { Route } from './read-routes.ts';

type Schema = z.core.JSONSchema.BaseSchema;

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';
const VERSION = '1.0.0';

/** As a client sends it; what only code can check is left out, and said by the problem that it leads to. */
const schemaOf = (schema: z.ZodType): Schema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-2020-12',
  });
  return rest;
};

/** One parameter for each member of an object's schema. */
function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema);
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }));
}

const problem: Schema = {
  type: 'object',
  description: 'RFC 9457. `code` is stable, and for programs.',
  required: ['type', 'title', 'status', 'detail', 'code', 'errors'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: [...PROBLEM_CODES] },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const answer = (description: string, type: string, schema: object) => ({
  description,
  content: { [type]: { schema } },
});

function operationOf({ description: { name, stage, body, path, query, ...more }, promise }: Route): object {
  const { requiredHeaders = [], bodyTypes = [JSON_TYPE] } = more;
  const headers = requiredHeaders.map((header) => ({
    name: header,
    in: 'header',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: name,
    tags: [stage],
    summary: promise,
    parameters: [...parametersOf(path, 'path'), ...parametersOf(query, 'query'), ...headers],
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          bodyTypes.map((type) => [type, type === JSON_TYPE ? { schema: schemaOf(body) } : {}]),
        ),
      },
    }),
    responses: {
      '2XX': answer('Done, or accepted', JSON_TYPE, { type: 'object' }),
      default: answer('A problem', PROBLEM_TYPE, { $ref: '#/components/schemas/Problem' }),
    },
  };
}

/** OpenAPI 3.1 of these routes. */
export function openApiOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    paths[route.path] = { ...paths[route.path], [route.description.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Heartline',
      version: VERSION,
      description: 'Patient monitors’ alerts, purchases and medical events.',
    },
    paths,
    components: { schemas: { Problem: problem } },
  };
}
