import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { handler as getOpenapi } from '../../functions/ops/get-openapi.ts';
import { httpEvent } from '../testing/http-event.ts';
import { readRoutes } from './read-routes.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema?: { properties?: Record<string, unknown>; required?: string[] } }> };
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const served = async () => JSON.parse((await getOpenapi(httpEvent())).body ?? '') as Document;

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
});

test('the functions’ names in their files are those of functions.yml', async () => {
  for (const { description } of await readRoutes()) {
    const file = readFileSync(new URL(`../../functions/${description.stage}/functions.yml`, import.meta.url), 'utf8');
    expect(file).toContain(`\n${description.name}:`.slice(file.startsWith(description.name) ? 1 : 0));
  }
});
