import type { RouteDescription } from '../http/http-handler.ts';
import { NDJSON_TYPE } from '../http/json-body.ts';
import { type ProblemCode, statusOf } from '../http/problem.ts';
import { problemJson } from '../http/problem-form.ts';
import { type JsonSchema, jsonSchemaOf } from '../json-schema.ts';
import type { Route } from './read-routes.ts';

const JSON_TYPE = 'application/json';
const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Done, and stored',
  202: 'Accepted: it will be done',
  207: 'Each by itself: some were accepted, some were not',
  503: 'Not able to serve now',
};
const RETRY_AFTER = { description: 'seconds', schema: { type: 'integer' } };
const ALLOW = { description: 'the methods of this path', schema: { type: 'string' } };
const CHALLENGE = { description: 'Bearer (RFC 6750)', schema: { type: 'string' } };
const HEADERS: Readonly<Record<number, object>> = {
  401: { 'www-authenticate': { ...CHALLENGE, required: true } },
  405: { allow: { ...ALLOW, required: true } },
  429: { 'retry-after': { ...RETRY_AFTER, required: true } },
  503: { 'retry-after': { ...RETRY_AFTER, required: true } },
};

/** What any request may be answered with, whatever the function does. */
const ALWAYS = ['method_not_allowed', 'internal_error', 'timed_out', 'temporarily_unavailable'] as const;
const WITH_ACCESS = ['unauthorized', 'role_forbidden', 'too_many_requests'] as const;
const WITH_BODY = ['malformed_json', 'validation_failed', 'body_too_large', 'unsupported_media_type'] as const;
const WITH_PARAMETERS = ['validation_failed'] as const;

/** One parameter for each member of an object's schema. */
function parametersOf(schema: RouteDescription['path'], place: 'path' | 'query'): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchemaOf(schema);
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }));
}

const headersOf = ({ requiredHeaders = {} }: RouteDescription): object[] =>
  Object.entries(requiredHeaders).map(([name, schema]) => ({
    name,
    in: 'header',
    required: true,
    schema: jsonSchemaOf(schema),
  }));

/** Lines are no JSON: what each of them is says the schema of the array. */
const LINES: JsonSchema = { type: 'string', minLength: 1, description: `one a line, each as in ${JSON_TYPE}` };

function requestBodyOf({ body, bodyTypes = [JSON_TYPE] }: RouteDescription): object {
  if (body === undefined) return {};
  const schema = jsonSchemaOf(body);
  const content = bodyTypes.map((type) => [type, { schema: type === NDJSON_TYPE ? LINES : schema }]);
  return { requestBody: { required: true, content: Object.fromEntries(content) } };
}

/** Every problem that a route may answer, by its status. */
function problemsOf({ access, body, path, query, problems = [] }: RouteDescription): Map<number, ProblemCode[]> {
  const all = new Set<ProblemCode>([...ALWAYS, ...(body ? WITH_BODY : []), ...problems]);
  if (access !== 'public') for (const code of WITH_ACCESS) all.add(code);
  if (path ?? query) for (const code of WITH_PARAMETERS) all.add(code);
  return Map.groupBy(all, statusOf);
}

function problemSchemaOf(status: number, codes: readonly ProblemCode[], form = problemJson): JsonSchema {
  const whole = { $ref: `#/components/schemas/${form.name}` };
  if (form !== problemJson) return whole;
  return { allOf: [whole, { properties: { status: { const: status }, code: { enum: [...codes] } } }] };
}

function responsesOf(route: RouteDescription): object {
  const problems = problemsOf(route);
  const { answers, answerType = JSON_TYPE, problemForm = problemJson } = route;
  const statuses = [...new Set([...Object.keys(answers).map(Number), ...problems.keys()])].sort((a, b) => a - b);
  const responses = statuses.map((status) => {
    const answer = answers[status];
    const codes = problems.get(status);
    const description = answer ? (STATUS_TEXT[status] ?? '') : (codes ?? []).join(', ');
    const content = {
      ...(answer && { [answerType]: { schema: jsonSchemaOf(answer) } }),
      ...(codes && { [problemForm.type]: { schema: problemSchemaOf(status, codes, route.problemForm) } }),
    };
    const headers = HEADERS[status];
    return [status, { description, ...(headers && { headers }), content }];
  });
  return Object.fromEntries(responses);
}

/** The security scheme's name. */
export const BEARER = 'bearer';

/** Each role that may is a requirement of its own: one of them is enough (OpenAPI 3.1, Security Requirement Object). */
const securityOf = ({ access }: RouteDescription): object[] =>
  access === 'public' ? [] : access.map((role) => ({ [BEARER]: [role] }));

/** A route as OpenAPI's operation object. */
export const operationOf = ({ description: route, promise }: Route): object => ({
  operationId: route.name,
  tags: [route.stage],
  summary: promise,
  security: securityOf(route),
  parameters: [...parametersOf(route.path, 'path'), ...parametersOf(route.query, 'query'), ...headersOf(route)],
  ...requestBodyOf(route),
  responses: responsesOf(route),
});
