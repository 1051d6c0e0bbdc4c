import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Principal } from '../access/principal.ts';
import type { Problem } from '../http/problem.ts';

/** Who posts, if a test does not say. */
const A_DEVICE: Principal = { id: 'device-1', role: 'device' };
/** Who reads and sets. */
const AN_ADMIN: Principal = { id: 'admin-1', role: 'admin' };

export interface HttpEventParts {
  method?: string;
  path?: string;
  body?: string;
  isBase64Encoded?: boolean;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  query?: Record<string, string>;
  /** As the authorizer has found; null: nobody. */
  principal?: Principal | null;
}

/** A request as an HTTP API hands it over (payload format 2.0). */
export function httpEvent(parts: HttpEventParts = {}): APIGatewayProxyEventV2 {
  const {
    method = 'GET',
    path = '/',
    body,
    params,
    query,
    principal = method === 'POST' ? A_DEVICE : AN_ADMIN,
  } = parts;
  const authorizer = { lambda: principal ?? { refused: 'nothing' } };
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...parts.headers },
    ...(query ? { queryStringParameters: query } : {}),
    ...(params ? { pathParameters: params } : {}),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: '127.0.0.1',
      domainPrefix: '127',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'request',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 0,
      ...{ authorizer },
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: parts.isBase64Encoded ?? false,
  };
}

/** A POST of this value as JSON. */
export function jsonPost(value: unknown, parts: HttpEventParts = {}): APIGatewayProxyEventV2 {
  return httpEvent({ method: 'POST', body: JSON.stringify(value), ...parts });
}

/** The problem in an answer, after checking that it is one: media type, and the same status inside and outside. */
export function problemIn(answer: APIGatewayProxyStructuredResultV2): Problem {
  if (answer.headers?.['content-type'] !== 'application/problem+json') throw new Error(`no problem: ${answer.body}`);
  const problem: Problem = JSON.parse(answer.body ?? '');
  if (problem.status !== answer.statusCode)
    throw new Error(`status ${answer.statusCode}, in the body ${problem.status}`);
  return problem;
}
