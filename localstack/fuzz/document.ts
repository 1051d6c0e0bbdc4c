import { z } from 'zod';

/** JSON Schema 2020-12, as far as values are made from it. */
export type Schema = Readonly<Record<string, unknown>>;

const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.object({ schema: schema.optional() }));
const operation = z.object({
  operationId: z.string(),
  /** Without any, everybody may; with several, each of their roles. */
  security: z.array(z.record(z.string(), z.array(z.string()))).default([]),
  parameters: z
    .array(z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), required: z.boolean(), schema }))
    .default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(
    z.string(),
    z.object({
      content: content.default({}),
      headers: z.record(z.string(), z.object({ required: z.boolean().default(false) })).default({}),
    }),
  ),
});
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const openApi = z.object({
  openapi: z.string().startsWith('3.1.'),
  paths: z.record(z.string(), z.partialRecord(z.enum(METHODS), operation)),
});

/** One route, with what it takes and what it says that it answers. */
export interface Operation extends z.infer<typeof operation> {
  method: string;
  /** With placeholders: `/events/{eventId}`. */
  path: string;
}

/** The operations of an OpenAPI 3.1 document: what writes before what reads, so that there is something to be read. */
export function operationsOf(document: unknown): Operation[] {
  const { paths } = openApi.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ ...one, path, method: method.toUpperCase() })),
  );
  return operations.toSorted((one, other) => Number(one.method === 'GET') - Number(other.method === 'GET'));
}

/** The roles that may; undefined: everybody. */
export const rolesOf = ({ security }: Operation): string[] | undefined =>
  security.length === 0 ? undefined : security.flatMap((one) => Object.values(one).flat());

/** Whether the operation's path has this path as one of its own. */
export const isPathOf = ({ path }: Operation, other: string): boolean =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(other);
