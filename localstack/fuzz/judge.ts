import type { Checks } from './checks.ts';
import { isPathOf, type Operation, rolesOf } from './document.ts';
import type { FuzzRequest } from './requests.ts';
import type { Answer } from './send.ts';

const OK_END = 300;
const CLIENT_ERROR = 400;
const SERVER_ERROR = 500;
const METHOD_NOT_ALLOWED = 405;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const TOO_MANY = 429;
/** What the server before the functions says of a request that it cannot read, or that is for no function; see RFC 9110, 6585. */
const UNREAD = new Set([200, 204, 400, 404, 405, 411, 413, 414, 415, 417, 431]);
/** Paths and frames of a stack trace, in Node's words, and Postgres's own errors. */
const LEAK = /node_modules|node:internal|\bat .{1,80}:\d+:\d+|file:\/\/|\.ts:\d|SQLSTATE|syntax error at/;
const SHOWN_MAX = 300;

/** What is wrong with an answer, or undefined. */
export function faultOf(
  operation: Operation,
  request: FuzzRequest,
  answer: Answer,
  checks: Checks,
): string | undefined {
  const { status, headers, text } = answer;
  if (status >= SERVER_ERROR) return `status ${status}: ${text.slice(0, SHOWN_MAX)}`;
  if (LEAK.test(text) || LEAK.test(JSON.stringify(headers)))
    return `the answer tells of our code: ${text.slice(0, SHOWN_MAX)}`;
  // Every answer of a function has the trace that it belongs to.
  if (headers['traceparent'] === undefined) {
    const mayBeUnread = request.kind === 'hostile' && UNREAD.has(status);
    return mayBeUnread ? undefined : `status ${status}, and not by a function: ${text.slice(0, SHOWN_MAX)}`;
  }
  if (isOfAnother(operation, request)) return undefined;
  const refusal = refusalOf(operation, request);
  if (refusal !== undefined && status !== TOO_MANY) {
    if (!refusal.includes(status))
      return `status ${status} for ${request.caller ?? 'nobody'}, not ${refusal.join(' or ')}`;
    return faultByDocument(operation, answer, checks);
  }
  if (request.kind === 'method' && status !== TOO_MANY && status !== METHOD_NOT_ALLOWED)
    return `status ${status} for another method, not 405`;
  if (request.kind === 'wrong' && status < OK_END) return `status ${status}, though it is wrong by the document`;
  return faultByDocument(operation, answer, checks);
}

/** A path of dots (`%2e%2e`, RFC 3986, section 6.2.2.3) is another route's, or none's: what that says of its answers is not judged here. */
function isOfAnother(operation: Operation, { kind, path }: FuzzRequest): boolean {
  const resolved = URL.parse(path, 'http://localhost')?.pathname ?? path;
  return kind === 'hostile' && /%2e|\.\./i.test(path) && !isPathOf(operation, resolved);
}

/** How a request must be answered that is not from whom the document names; undefined: by what it asks for. */
function refusalOf(operation: Operation, { kind, caller }: FuzzRequest): number[] | undefined {
  const roles = rolesOf(operation);
  // A hostile path may be another route's, for others.
  if (roles === undefined || kind === 'hostile') return undefined;
  if (caller === undefined) return [UNAUTHORIZED];
  if (roles.includes(caller)) return undefined;
  return kind === 'method' ? [METHOD_NOT_ALLOWED, FORBIDDEN] : [FORBIDDEN];
}

function faultByDocument(operation: Operation, { status, headers, text }: Answer, checks: Checks): string | undefined {
  const response = operation.responses[String(status)];
  if (response === undefined) return `status ${status} is not in the document`;
  const missing = Object.entries(response.headers).find(([name, { required }]) => required && !(name in headers));
  if (missing) return `status ${status} without the header ${missing[0]}`;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (!(type in response.content)) return `status ${status} has the type '${type}', which is not in the document`;
  if (status >= CLIENT_ERROR && !/^application\/(problem|fhir)\+json$/.test(type))
    return `${type} is no type of a problem`;
  const body = jsonOf(text);
  if (body === undefined) return `status ${status} with a body that is not JSON: ${text.slice(0, SHOWN_MAX)}`;
  const fault = checks.faultOfBody(operation, status, type, body);
  return fault && `status ${status} with a body that is not as in the document: ${fault}: ${text.slice(0, SHOWN_MAX)}`;
}

/** undefined if it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
