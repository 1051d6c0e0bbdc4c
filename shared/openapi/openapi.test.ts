import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { handler as getOpenapi } from '../../functions/ops/get-openapi.ts';
import { httpEvent } from '../testing/http-event.ts';
import { readRoutes } from './read-routes.ts';

interface Operation {
  security: Record<string, string[]>[];
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema?: { properties?: Record<string, unknown>; required?: string[] } }> };
  responses: Record<string, { content: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const served = async () => JSON.parse((await getOpenapi(httpEvent())).body ?? '') as Document;

test('it is a valid document of OpenAPI 3.1', async () => {
  const document = await served();
  expect(await new Validator().validate({ ...document })).toEqual({ valid: true });
});

test('every route of serverless.yml is in it, with what it promises', async () => {
  const { openapi, paths } = await served();
  expect(openapi).toBe('3.1.0');
  const routes = await readRoutes();
  expect(routes.length).toBeGreaterThan(20);
  for (const { path, description, promise } of routes) {
    const operation = paths[path]?.[description.method.toLowerCase()];
    expect(operation?.operationId, path).toBe(description.name);
    expect(operation?.summary, path).toBe(promise);
    expect(promise, path).not.toBe('');
    // The placeholders of a path are its parameters.
    const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(
      operation?.parameters.filter((one) => one.in === 'path').map(({ name }) => name),
      path,
    ).toEqual(placeholders);
  }
});

test('of every route it says what is answered when all is well, and every status of what is not', async () => {
  const { paths } = await served();
  for (const [path, methods] of Object.entries(paths)) {
    for (const { responses, requestBody, parameters } of Object.values(methods)) {
      const statuses = Object.keys(responses).map(Number);
      expect(
        statuses.some((status) => status < 300),
        path,
      ).toBe(true);
      expect(statuses, path).toEqual(expect.arrayContaining([405, 500, 503]));
      if (requestBody) expect(statuses, path).toEqual(expect.arrayContaining([400, 413, 415]));
      if (parameters.length > 0) expect(statuses, path).toContain(400);
    }
  }
  const { responses } = paths['/inventory/sync/purchase']?.['post'] ?? {};
  expect(Object.keys(responses ?? {})).toEqual([
    '201',
    '400',
    '401',
    '403',
    '404',
    '405',
    '409',
    '413',
    '415',
    '422',
    '429',
    '500',
    '503',
  ]);
  expect(responses?.['409']?.content['application/problem+json']?.schema).toMatchObject({
    allOf: [{}, { properties: { code: { enum: ['out_of_stock', 'request_in_flight'] } } }],
  });
  expect(Object.keys(paths['/fhir']?.['post']?.responses['400']?.content ?? {})).toEqual(['application/fhir+json']);
});

test('who may use a route is said, and how whoever may not is answered', async () => {
  const { paths, ...document } = await served();
  expect(document).toMatchObject({ components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } });
  expect(paths['/healthz']?.['get']?.security).toEqual([]);
  expect(Object.keys(paths['/healthz']?.['get']?.responses ?? {})).toEqual(['200', '405', '500', '503']);
  const { security, responses } = paths['/thresholds/default']?.['put'] ?? {};
  expect(security).toEqual([{ bearer: ['charge-nurse'] }, { bearer: ['doctor'] }, { bearer: ['admin'] }]);
  expect(Object.keys(responses ?? {})).toEqual(expect.arrayContaining(['401', '403', '429']));
});

test('a body is described by the schema that checks it', async () => {
  const { paths } = await served();
  const schema = paths['/events']?.['post']?.requestBody?.content['application/json']?.schema;
  expect(Object.keys(schema?.properties ?? {}).sort()).toEqual(['data', 'eventId', 'patientId', 'ts', 'type']);
  expect(schema?.required?.toSorted()).toEqual(['data', 'patientId', 'ts', 'type']);
  expect(Object.keys(paths['/events/batch']?.['post']?.requestBody?.content ?? {})).toEqual([
    'application/json',
    'application/x-ndjson',
  ]);
  const purchase = paths['/inventory/sync/purchase']?.['post'];
  expect(purchase?.parameters).toMatchObject([{ name: 'idempotency-key', in: 'header', required: true }]);
  const limit = paths['/db-first/notifications']?.['get']?.parameters.find(({ name }) => name === 'limit');
  expect(limit?.schema).toEqual({ type: 'integer', minimum: 1, maximum: 1000, description: '100 if it is not given' });
});

test('the functions’ names in their files are those of functions.yml', async () => {
  for (const { description } of await readRoutes()) {
    const file = readFileSync(new URL(`../../functions/${description.stage}/functions.yml`, import.meta.url), 'utf8');
    expect(file).toContain(`\n${description.name}:`.slice(file.startsWith(description.name) ? 1 : 0));
  }
});
