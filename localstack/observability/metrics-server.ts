import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PermanentError } from '../../shared/errors.ts';
import type { MetricBridge } from './bridge.ts';

const PORT_SETTING = 'HEARTLINE_METRICS_PORT';
const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';

export interface MetricsServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** How the process is, for `/readyz`: 200 or 503, and what of it. */
export interface HealthAnswer {
  readonly ready: boolean;
  readonly body: object;
}

interface Options {
  readonly port: number;
  readonly host: string;
  readonly bridge: MetricBridge;
  /** Without it there is no `/readyz`. */
  readonly readiness?: () => HealthAnswer;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(request: IncomingMessage, { bridge, readiness }: Options): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0];
  const isReadyz = path === '/readyz' && readiness !== undefined;
  if (path !== '/metrics' && path !== '/healthz' && !isReadyz) return { status: 404, type: TEXT, body: 'Not found\n' };
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, type: TEXT, body: 'GET only\n' };
  if (path === '/healthz') return { status: 200, type: TEXT, body: 'ok\n' };
  if (isReadyz) {
    const { ready, body } = readiness();
    return { status: ready ? 200 : 503, type: JSON_TYPE, body: JSON.stringify(body) };
  }
  return { status: 200, type: bridge.contentType, body: await bridge.render() };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const remedy = `Set ${PORT_SETTING} to another port`;
  if (error.code === 'EADDRINUSE') {
    const message = `The metrics port ${port} on ${host} is in use. ${remedy}, or stop what uses it.`;
    return new PermanentError('metrics.port_in_use', message, { cause: error });
  }
  const message = `Cannot serve metrics on ${host}:${port} (${error.code ?? error.message}). ${remedy}.`;
  return new PermanentError('metrics.port_unusable', message, { cause: error });
}

/**
 * Serves the bridge to Prometheus: `/metrics`; `/healthz` for "the server answers", and `/readyz`. Port 0 takes a free one.
 * Throws PermanentError `metrics.port_in_use` / `metrics.port_unusable`, which names the port and its setting.
 */
export async function startMetricsServer(options: Options): Promise<MetricsServer> {
  const { port, host } = options;
  const server = createServer((request, response) => {
    answer(request, options).then(
      (found) => send(request, response, found),
      (error: unknown) => send(request, response, { status: 500, type: TEXT, body: `${String(error)}\n` }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        // Prometheus keeps its connection open between scrapes.
        server.closeAllConnections();
      }),
  };
}
