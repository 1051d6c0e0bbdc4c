import fc from 'fast-check';
import type { Json } from '../../shared/canonical-json.ts';
import type { Checks } from './checks.ts';
import { isPathOf, type Operation, rolesOf, type Schema } from './document.ts';
import { hostileBodies } from './hostile-bodies.ts';
import { HOSTILE_HEADERS, HOSTILE_QUERIES, HOSTILE_SEGMENTS } from './hostile-parts.ts';
import type { Memory } from './memory.ts';
import { validValues } from './valid-values.ts';
import { changed } from './wrong-values.ts';

/** `valid` by the document; `wrong` in one thing that it says; with another `method`; `hostile`: whatever a stranger may send. */
type Kind = 'valid' | 'wrong' | 'method' | 'hostile';

export interface FuzzRequest {
  kind: Kind;
  method: string;
  /** As it is sent. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer;
  /** Who sends it: a role; undefined: nobody. */
  caller?: string | undefined;
}

/** A request before it is written down. */
interface Parts {
  /** By name. */
  path: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  body: { type: string; value: Json } | undefined;
}

export interface RequestContext {
  operations: readonly Operation[];
  checks: Checks;
  memory: Memory;
  /** Roles that there are tokens of. */
  roles: readonly string[];
}

/** Mostly one who may; else anybody, or nobody. */
function callers(operation: Operation, roles: readonly string[]): fc.Arbitrary<string | undefined> {
  const allowed = roles.filter((role) => rolesOf(operation)?.includes(role) ?? true);
  const anybody = fc.constantFrom(undefined, ...roles);
  if (allowed.length === 0) return anybody;
  return fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...allowed) }, { weight: 1, arbitrary: anybody });
}

const NDJSON = 'application/x-ndjson';
const OTHER_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'];
const WEIGHTS: Readonly<Record<Kind, number>> = { valid: 4, wrong: 4, method: 1, hostile: 5 };

const bytesOf = ({ type, value }: { type: string; value: Json }): Buffer => {
  if (type === NDJSON && typeof value === 'string') return Buffer.from(value);
  return Buffer.from(JSON.stringify(value));
};

function written(kind: Kind, { method, path }: Operation, parts: Parts): FuzzRequest {
  const query = new URLSearchParams(parts.query).toString();
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts.path[name] ?? ''));
  return {
    kind,
    method,
    path: filled + (query === '' ? '' : `?${query}`),
    headers: { ...parts.headers, ...(parts.body && { 'content-type': parts.body.type }) },
    ...(parts.body && { body: bytesOf(parts.body) }),
  };
}

/** Texts of one place's parameters. */
function parametersIn(
  place: 'path' | 'query' | 'header',
  { parameters }: Operation,
  { checks, memory }: RequestContext,
) {
  const here = parameters.filter((one) => one.in === place);
  const texts = here.map(({ name, schema }) => [name, validValues(schema, checks, memory, name).map(String)] as const);
  const requiredKeys = here.filter(({ required }) => required).map(({ name }) => name);
  return fc.record(Object.fromEntries(texts), { requiredKeys, noNullPrototype: true });
}

function validParts(operation: Operation, context: RequestContext): fc.Arbitrary<Parts> {
  const bodies = Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema = {} }]) =>
    validValues(schema, context.checks, context.memory).map((value) => ({ type, value })),
  );
  return fc.record({
    path: parametersIn('path', operation, context),
    query: parametersIn('query', operation, context),
    headers: parametersIn('header', operation, context),
    body: bodies.length === 0 ? fc.constant(undefined) : fc.oneof(...bodies),
  });
}

/** A parameter's text as the value that its schema speaks of. */
const meantBy = (schema: Schema, text: string): Json =>
  schema['type'] === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;

const ANYWHERE = ['x y', '-1', '0', 'a/b', '1.5', '"', 'x'.repeat(300)];
const WRONG_TEXTS = { path: [...ANYWHERE, '\u00fc'], query: [...ANYWHERE, '\u00fc', ''], header: [...ANYWHERE, ''] };

function wrongParts(operation: Operation, context: RequestContext): fc.Arbitrary<Parts> | undefined {
  const { checks } = context;
  const valid = validParts(operation, context);
  const schemas = Object.entries(operation.requestBody?.content ?? {});
  const wrongBody = schemas
    .filter(([type]) => type !== NDJSON)
    .map(([type, { schema = {} }]) =>
      validValues(schema, checks, context.memory)
        .chain(changed)
        .filter((value) => !checks.isValid(schema, value))
        .chain((value) => valid.map((parts) => ({ ...parts, body: { type, value } }))),
    );
  const wrongParameter = operation.parameters.flatMap(({ name, in: place, required, schema }) => {
    const part = place === 'header' ? 'headers' : place;
    const texts = WRONG_TEXTS[place].filter((text) => !checks.isValid(schema, meantBy(schema, text)));
    const wrongTexts = required && place !== 'path' ? [...texts, undefined] : texts;
    if (wrongTexts.length === 0) return [];
    return fc.tuple(valid, fc.constantFrom(...wrongTexts)).map(([parts, text]): Parts => {
      const { [name]: _, ...others } = parts[part];
      return { ...parts, [part]: text === undefined ? others : { ...others, [name]: text } };
    });
  });
  const all = [...wrongBody, ...wrongParameter];
  return all.length === 0 ? undefined : fc.oneof(...all);
}

function hostileRequests(operation: Operation, valid: fc.Arbitrary<Parts>): fc.Arbitrary<FuzzRequest> {
  const plain = valid.map((parts) => ({ parts, request: written('hostile', operation, parts) }));
  const of = <T>(values: readonly T[], change: (request: FuzzRequest, value: T) => FuzzRequest) =>
    fc.tuple(plain, fc.constantFrom(...values)).map(([{ request }, value]) => change(request, value));
  const [bare = ''] = operation.path.split('?');
  const segment = of(HOSTILE_SEGMENTS, (request, value) => ({
    ...request,
    path: bare.includes('{') ? bare.replace(/\{\w+\}/g, () => value) : `${bare}/${value}`,
  }));
  const query = of(HOSTILE_QUERIES, (request, value) => ({
    ...request,
    path: `${request.path.split('?')[0]}?${value}`,
  }));
  const headers = of(HOSTILE_HEADERS, (request, value) => ({ ...request, headers: { ...request.headers, ...value } }));
  const body = plain.chain(({ parts, request }) =>
    hostileBodies(parts.body?.value ?? null).map((bytes) => ({ ...request, body: bytes })),
  );
  const isRead = operation.requestBody !== undefined;
  const isNamed = bare.includes('{');
  return fc.oneof(
    { weight: isNamed ? 3 : 1, arbitrary: segment },
    { weight: isRead ? 1 : 3, arbitrary: query },
    { weight: 2, arbitrary: headers },
    { weight: isRead ? 8 : 1, arbitrary: operation.method === 'GET' ? headers : body },
  );
}

/** Requests for an operation, of every kind that it can have. */
export function requestsFor(operation: Operation, context: RequestContext): fc.Arbitrary<FuzzRequest> {
  const valid = validParts(operation, context);
  const wrong = wrongParts(operation, context)?.map((parts) => written('wrong', operation, parts));
  const method = fc.tuple(valid, fc.constantFrom(...OTHER_METHODS)).map(([parts, other]) => ({
    ...written('method', operation, parts),
    method: other,
  }));
  const isOther = (request: FuzzRequest) =>
    !context.operations.some((one) => one.method === request.method && isPathOf(one, request.path.split('?')[0] ?? ''));
  const requests = fc
    .oneof(
      { weight: WEIGHTS.valid, arbitrary: valid.map((parts) => written('valid', operation, parts)) },
      { weight: wrong ? WEIGHTS.wrong : 0, arbitrary: wrong ?? fc.constant(undefined) },
      { weight: WEIGHTS.method, arbitrary: method.filter(isOther) },
      { weight: WEIGHTS.hostile, arbitrary: hostileRequests(operation, valid) },
    )
    .filter((request) => request !== undefined);
  return fc.tuple(requests, callers(operation, context.roles)).map(([request, caller]) => ({ ...request, caller }));
}
