import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { identified, requireRole } from '../access/admission.ts';
import type { Access } from '../access/principal.ts';
import { HttpError, problemOf, validated } from '../http/problem.ts';
import { type Telemetry, type Trail, telemetry } from '../telemetry.ts';

/** An event of a connection after every check: only what the schemas let through. */
interface WebsocketRequest<Query, Message> extends Trail {
  connectionId: string;
  query: Query;
  message: Message;
}

interface WebsocketReply {
  status: number;
  /** Goes to the client where the route has a response (routeResponseSelectionExpression). */
  body?: object;
  /** Fields for the log line. */
  logged?: Record<string, unknown>;
}

interface WebsocketRoute<Query, Message> {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  /** CONNECT is answered before the connection is open: another status than 2xx refuses it. */
  on: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
  /** Who may open a connection; what comes by one that is open was let in. */
  access: Access;
  query?: z.ZodType<Query>;
  message?: z.ZodType<Message>;
  respond(request: WebsocketRequest<Query, Message>): Promise<WebsocketReply>;
}

export type WebsocketHandler = (event: APIGatewayProxyWebsocketEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** What has to be right before anything else is looked at. API Gateway's ids are some 16 characters, serverless offline's UUIDs. */
const eventSchema = z.object({
  requestContext: z.object({
    connectionId: z.string().regex(/^[\w=+/-]{1,128}$/),
    eventType: z.enum(['CONNECT', 'MESSAGE', 'DISCONNECT']),
    authorizer: z.unknown().optional(),
    // serverless offline has no address where an authorizer was asked.
    identity: z.object({ sourceIp: z.string().optional() }).optional(),
  }),
  queryStringParameters: z.record(z.string(), z.string()).nullish(),
  /** A text frame's; serverless offline hands on a binary one as a Buffer. */
  body: z.unknown().optional(),
});

const SERVER_ERROR = 500;
const UNAVAILABLE = 503;
const CLIENT_ERROR = 400;

function readMessage(body: unknown): unknown {
  if (typeof body !== 'string') throw new HttpError('malformed_json', 'Send JSON in a text frame.');
  try {
    return JSON.parse(body);
  } catch (error) {
    // The parser's message quotes the frame, which may name a patient.
    if (error instanceof SyntaxError) throw new HttpError('malformed_json', 'The frame is not well-formed JSON.');
    throw error;
  }
}

/**
 * A handler for one route of a WebSocket API: checks the event, its query and its message, calls `respond`, and answers every
 * error as a problem (the members of problem+json). It never throws.
 */
export function websocketHandler<Query = undefined, Message = undefined>(
  route: WebsocketRoute<Query, Message>,
  to: () => Telemetry = telemetry,
): WebsocketHandler {
  const { name, stage } = route;

  async function serve(event: unknown, trail: Trail): Promise<WebsocketReply> {
    const { requestContext, queryStringParameters, body } = validated(eventSchema, event, 'event');
    // A frame whose action is `$connect` comes by that route.
    if (requestContext.eventType !== route.on) {
      const faults = [{ path: 'action', message: 'is no action of this API' }];
      throw new HttpError('validation_failed', 'The message is not valid.', { faults });
    }
    const address = requestContext.identity?.sourceIp ?? '';
    requireRole(identified({ said: requestContext.authorizer, address }, route.access), route.access);
    // The authorizer's.
    const { access_token: _, ...query } = queryStringParameters ?? {};
    return route.respond({
      ...trail,
      connectionId: requestContext.connectionId,
      query: route.query && validated(route.query, query, 'query', ['query']),
      message: route.message && validated(route.message, readMessage(body), 'message'),
    } as WebsocketRequest<Query, Message>);
  }

  return async (event) => {
    const startedAt = performance.now();
    const { log, metrics } = to();
    const invocation = metrics.invocation();
    const trail = { log: log.child({ function: name, stage }), recordMetric: invocation.recordMetric };
    const reply = await serve(event, trail).catch((error: unknown): WebsocketReply => {
      const { problem } = problemOf(error);
      const logged = { code: problem.code, ...(problem.status >= SERVER_ERROR ? { error } : {}) };
      return { status: problem.status, body: problem, logged };
    });
    const { status, body, logged } = reply;
    const durationMs = performance.now() - startedAt;
    trail.recordMetric('http_requests_total', 1, { function: name, status: String(status) });
    trail.recordMetric('http_request_duration_ms', durationMs, { function: name });
    const level = status >= SERVER_ERROR && status !== UNAVAILABLE ? 'error' : status >= CLIENT_ERROR ? 'warn' : 'info';
    trail.log[level]('request', { status, durationMs: Math.round(durationMs), ...logged });
    invocation.flush();
    return { statusCode: status, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  };
}
