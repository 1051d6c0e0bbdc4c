import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Address } from './connection.ts';
import { type Answer, controlRoutes } from './control-routes.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { FaultProxyError } from './fault-proxy-error.ts';

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A hundred toxics take 20 KB. */
const LARGEST_BODY_BYTES = 262_144;
const STATUS: Readonly<Record<string, number>> = {
  not_found: 404,
  toxic_exists: 409,
  body_too_large: 413,
  not_json: 415,
};
const BAD_REQUEST = 400;

/** Serves the control API as JSON; errors are problem+json with a stable `code`. Rejects with FaultProxyError `listen_failed`. */
export async function startControlServer(proxy: FaultProxy, { host, port }: Address): Promise<ControlServer> {
  const answer = controlRoutes(proxy);
  const server = createServer((request, response) => {
    const asked = {
      method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'),
      path: (request.url ?? '/').split('?', 1)[0] ?? '/',
      json: () => jsonBody(request),
    };
    answer(asked).then(
      (found) => send(request, response, found),
      (error: unknown) => send(request, response, problem(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code ?? error.message})`;
      reject(new FaultProxyError('listen_failed', `control port ${port} on ${host} ${reason}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page in a browser cannot send application/json elsewhere unasked: it cannot set toxics. */
async function jsonBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new FaultProxyError('not_json', 'send the body as content-type application/json');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) {
      throw new FaultProxyError('body_too_large', `the body has more than ${LARGEST_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new FaultProxyError('malformed_json', `the body is not JSON: ${String(error)}`, { cause: error });
  }
}

function problem(error: unknown): Answer {
  if (!(error instanceof FaultProxyError)) return { status: 500, body: { code: 'internal', detail: String(error) } };
  const { code, message, faults } = error;
  return { status: STATUS[code] ?? BAD_REQUEST, body: { code, detail: message, faults } };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, allow }: Answer): void {
  const found = allow === undefined ? body : { code: 'method_not_allowed', detail: `the methods here are ${allow}` };
  const text = found === undefined ? undefined : `${JSON.stringify(found)}\n`;
  response.writeHead(status, {
    'content-type': status >= BAD_REQUEST ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-store',
    ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
    ...(allow === undefined ? {} : { allow }),
    // What is left of a body that was not read would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
