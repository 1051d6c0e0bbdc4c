import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AwsError, type AwsException, invalid } from './aws-error.ts';
import { type Operation, routeRequest } from './operation.ts';
import type { IotDataPlaneOptions } from './types.ts';

type Context = Pick<IotDataPlaneOptions, 'logger' | 'onRequest'>;
type Perform = (operation: Operation, request: IncomingMessage) => Promise<object>;

const JSON_TYPE = { 'content-type': 'application/json' };

/** With 128 KB each, 32 MB; more waiting would only make everybody late. */
const MAX_IN_FLIGHT = 256;
const OK = 200;
/** What is read and thrown away of a body that nobody wants; ten times what a client that knows the limit sends. */
const MAX_DISCARDED_BYTES = 2 * 1024 * 1024;
const MAX_DISCARDING_MS = 1_000;

function errorHeaders(exception: AwsException): Record<string, string> {
  return { ...JSON_TYPE, 'x-amzn-errortype': exception };
}

/** AWS's errors, and for the rest InternalFailureException, whose cause goes to the log and not to the caller. */
function asAwsError(error: unknown, { logger }: Context): AwsError {
  if (error instanceof AwsError) return error;
  logger.error('a request failed', { reason: String(error), error });
  return new AwsError('InternalFailureException', 'The data plane failed.', { cause: error });
}

/**
 * Reads a body that nobody wants, to its end or a limit. Answered before that, its sender would meet a closed connection
 * while it writes, and never read the answer.
 */
async function discardBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, MAX_DISCARDING_MS);
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) resolve();
  });
  request.once('end', resolve).once('close', resolve).resume();
  await promise.finally(() => clearTimeout(timer));
}

/**
 * Only browsers send an Origin. Any page could publish otherwise: a POST of text/plain is sent without being asked for leave
 * (Fetch standard, CORS-safelisted requests).
 * @throws AwsError ForbiddenException
 */
function refuseWebPages({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined) throw new AwsError('ForbiddenException', 'Requests of web pages are not taken.');
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: object): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/**
 * A listener that answers each request with what `perform` returns, or with its error in AWS's form (REST-JSON). It never
 * rejects.
 */
export function requestAnswerer(context: Context, perform: Perform) {
  let inFlight = 0;

  async function takePart(operation: Operation, request: IncomingMessage): Promise<object> {
    if (inFlight >= MAX_IN_FLIGHT) throw new AwsError('ThrottlingException', `${inFlight} requests are in flight.`);
    inFlight += 1;
    try {
      return await perform(operation, request);
    } finally {
      inFlight -= 1;
    }
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const traceId = randomUUID();
    const headers = { 'x-amzn-requestid': traceId };
    const routed = routeRequest(request.method ?? '', request.url ?? '');
    const name = 'operation' in routed ? routed.operation.name : routed.name;
    let status = OK;
    try {
      refuseWebPages(request);
      if ('error' in routed) throw routed.error;
      send(response, status, { ...headers, ...JSON_TYPE }, await takePart(routed.operation, request));
    } catch (thrown) {
      const error = asAwsError(thrown, context);
      status = error.status;
      // That the broker is away is said once, by its link; what a caller did wrong, to the caller.
      context.logger.debug('request refused', { operation: name, status, code: error.code, reason: error.message });
      await discardBody(request);
      const closing = request.complete ? {} : { connection: 'close' };
      const body = { message: error.message, traceId };
      send(response, status, { ...headers, ...closing, ...errorHeaders(error.code) }, body);
    }
    context.onRequest?.(name, status);
  };
}

/** Answers what is no HTTP request, or one whose headers are too large or too slow: Node would leave out AWS's form. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex, context: Context): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const reason =
    error.code === 'HPE_HEADER_OVERFLOW' ? 'The headers exceed 16 KB.' : 'This is no complete HTTP request.';
  const refusal = invalid(reason);
  const body = JSON.stringify({ message: refusal.message, traceId: randomUUID() });
  const head = { ...errorHeaders(refusal.code), 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refusal.status} Bad Request\r\n${lines.join('')}\r\n${body}`);
  context.onRequest?.('unknown', refusal.status);
}
