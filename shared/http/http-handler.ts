import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { z } from 'zod';
import { callerOf, identified, requireRole } from '../access/admission.ts';
import type { Access, Principal } from '../access/principal.ts';
import { TransientError } from '../errors.ts';
import type { InvocationMetrics } from '../observability/metrics.ts';
import { continuedTrace } from '../observability/traceparent.ts';
import { type Telemetry, type Trail, telemetry } from '../telemetry.ts';
import { readJsonBody } from './json-body.ts';
import { HttpError, type ProblemCode, problemOf, validated } from './problem.ts';
import { type ProblemForm, problemJson } from './problem-form.ts';

/** A request after every check: only what the schemas let through. */
interface HttpRequest<Body, Path, Query> extends Trail {
  /** W3C trace context, to pass on with what the request causes. */
  traceparent: string;
  /** By lower-case name, as API Gateway has them. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Who it is from; undefined: of a public route, nobody has said so. */
  principal: Principal | undefined;
  body: Body;
  path: Path;
  query: Query;
}

interface HttpReply {
  status: number;
  body: object;
  headers?: Record<string, string>;
  /** Fields for the request's log line. */
  logged?: Record<string, unknown>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface HttpRoute<Body, Path, Query> {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  method: Method;
  /** Who may use it. */
  access: Access;
  /** Of other functions at the same path: whoever is answered 405 by this one is told of them, too. */
  otherMethods?: readonly Method[];
  body?: z.ZodType<Body>;
  /** How the body is read, if not as JSON of 64 KiB at most. */
  readBody?: (event: APIGatewayProxyEventV2) => unknown;
  path?: z.ZodType<Path>;
  query?: z.ZodType<Query>;
  /** How a problem is told, if not as problem+json. */
  problemForm?: ProblemForm;
  /** By lower-case name; for the document of the routes: `respond` checks them. */
  requiredHeaders?: Readonly<Record<string, z.ZodType>>;
  /** Media types of the body, if not JSON alone. */
  bodyTypes?: readonly string[];
  /** For the document of the routes, as what follows: what `respond` answers, by its status. */
  answers: Readonly<Record<number, z.ZodType>>;
  /** Media type of what it answers, if not JSON. */
  answerType?: string;
  /** What it may answer beside the problems that any request may have (shared/openapi/operation.ts). */
  problems?: readonly ProblemCode[];
  respond(request: HttpRequest<Body, Path, Query>): Promise<HttpReply>;
}

/** What a document of the routes needs to know of one. */
export type RouteDescription = Pick<
  HttpRoute<unknown, unknown, unknown>,
  | 'name'
  | 'stage'
  | 'method'
  | 'access'
  | 'body'
  | 'path'
  | 'query'
  | 'requiredHeaders'
  | 'bodyTypes'
  | 'answers'
  | 'answerType'
  | 'problems'
  | 'problemForm'
>;

export interface HttpHandler {
  (event: APIGatewayProxyEventV2, context?: Context): Promise<APIGatewayProxyStructuredResultV2>;
  readonly route: RouteDescription;
}

/** One request on its way through the middleware. Its own object each time: requests share a process. */
interface Passage {
  event: APIGatewayProxyEventV2;
  startedAt: number;
  trail: Trail & { traceparent: string };
  metrics: InvocationMetrics;
  logged: Record<string, unknown>;
}

type Middleware = MiddlewareObj<Passage, APIGatewayProxyStructuredResultV2>;

const JSON_TYPE = 'application/json';
const SERVER_ERROR = 500;
const UNAVAILABLE = 503;
const CLIENT_ERROR = 400;
/** Before Lambda ends a function it gets this long to answer 503 itself. */
const ANSWER_EARLY_MS = 200;

function passageOf(event: APIGatewayProxyEventV2, route: { name: string; stage: string }, to: Telemetry): Passage {
  const { traceId, traceparent } = continuedTrace(event?.headers?.['traceparent']);
  const metrics = to.metrics.invocation();
  return {
    event: { ...event, headers: event?.headers ?? {} },
    startedAt: performance.now(),
    metrics,
    trail: {
      log: to.log.child({ function: route.name, stage: route.stage, traceId }),
      recordMetric: metrics.recordMetric,
      traceparent,
    },
    logged: {},
  };
}

/** HEAD is GET without the body, which the server leaves out (RFC 9110, section 9.3.2). */
function checkMethod(event: APIGatewayProxyEventV2, own: Method, others: readonly Method[] = []): void {
  const method = event.requestContext?.http?.method ?? own;
  if (method === own || (method === 'HEAD' && own === 'GET')) return;
  const allow = [own, ...others].map((one) => (one === 'GET' ? 'GET, HEAD' : one)).join(', ');
  throw new HttpError('method_not_allowed', `Allowed here: ${allow}.`, { headers: { allow } });
}

/** Turns whatever was thrown into problem+json; the error itself goes to the log, once. */
const answerProblems = ({ type, render }: ProblemForm): Middleware => ({
  onError: (request) => {
    const { problem, headers } = problemOf(request.error);
    request.response = {
      statusCode: problem.status,
      headers: { 'content-type': type, ...headers },
      body: JSON.stringify(render(problem)),
    };
    Object.assign(request.event.logged, { code: problem.code });
    // What the caller did wrong is in the answer; why we could not serve it is not.
    if (problem.status >= SERVER_ERROR) Object.assign(request.event.logged, { error: request.error });
  },
});

/** Trace header, log line and metrics of every answer, good or bad. */
function observed(route: { name: string }): Middleware {
  const finish: NonNullable<Middleware['after']> = ({ event, response }) => {
    if (!response) return;
    const { trail, metrics, startedAt, logged } = event;
    const status = response.statusCode ?? SERVER_ERROR;
    const durationMs = performance.now() - startedAt;
    response.headers = { ...response.headers, traceparent: trail.traceparent };
    trail.recordMetric('http_requests_total', 1, { function: route.name, status: String(status) });
    trail.recordMetric('http_request_duration_ms', durationMs, { function: route.name });
    // A busy dependency and a wrong request are expected: neither is an ERROR.
    const level = status >= SERVER_ERROR && status !== UNAVAILABLE ? 'error' : status >= CLIENT_ERROR ? 'warn' : 'info';
    trail.log[level]('request', { status, durationMs: Math.round(durationMs), ...logged });
    metrics.flush();
  };
  return { after: finish, onError: finish };
}

/**
 * A handler for one HTTP API route (API Gateway payload 2.0): checks method, media type, size and schemas, calls `respond`,
 * and answers every error as problem+json. It never throws.
 */
export function httpHandler<Body = undefined, Path = undefined, Query = undefined>(
  route: HttpRoute<Body, Path, Query>,
  to: () => Telemetry = telemetry,
): HttpHandler {
  async function serve({ event, trail, logged }: Passage): Promise<APIGatewayProxyStructuredResultV2> {
    const principal = identified(callerOf(event), route.access);
    checkMethod(event, route.method, route.otherMethods);
    requireRole(principal, route.access);
    const request = {
      ...trail,
      headers: event.headers,
      principal,
      path: route.path && validated(route.path, event.pathParameters ?? {}, 'path', ['path']),
      query: route.query && validated(route.query, event.queryStringParameters ?? {}, 'query', ['query']),
      body: route.body && validated(route.body, (route.readBody ?? readJsonBody)(event), 'body'),
    } as HttpRequest<Body, Path, Query>;
    const reply = await route.respond(request);
    Object.assign(logged, reply.logged);
    return {
      statusCode: reply.status,
      headers: { 'content-type': route.answerType ?? JSON_TYPE, ...reply.headers },
      body: JSON.stringify(reply.body),
    };
  }

  const inner = middy<Passage, APIGatewayProxyStructuredResultV2>(serve, {
    timeoutEarlyInMillis: ANSWER_EARLY_MS,
    timeoutEarlyResponse: () => {
      throw new TransientError('timed_out', 'The function is about to time out.');
    },
  })
    .use(observed(route))
    .use(answerProblems(route.problemForm ?? problemJson));

  const handler = async (event: APIGatewayProxyEventV2, context?: Context) =>
    inner(passageOf(event, route, to()), context ?? ({} as Context));
  return Object.assign(handler, { route: route as RouteDescription });
}
