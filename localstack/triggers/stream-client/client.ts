import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions as TlsOptions, connect as tlsConnect } from 'node:tls';
import type { Request } from 'rabbitmq-stream-js-client/dist/requests/request.js';
import type { TriggerLogger } from '../event-source.ts';
import { StreamConnection } from './connection.ts';
import { type StreamEndpoint, streamEndpoint } from './endpoint.ts';
import { FrameRouter, type Routes } from './frame-router.ts';
import { handshake, type Tuning } from './handshake.ts';
import { asStreamError, StreamClientError } from './stream-error.ts';

export interface StreamClientOptions {
  readonly url: string;
  /** For TCP, TLS and the handshake together. */
  readonly connectTimeoutMs: number;
  /** For each request; one that passes it ends the client. */
  readonly requestTimeoutMs: number;
  /** A peer silent for 2 to 2.5 times this ends the client. The broker may ask for less. */
  readonly heartbeatS: number;
  readonly logger: TriggerLogger;
  /** Called once, when a client that was connected has ended, whoever ended it. May throw: that is logged. */
  readonly onClosed: (reason: StreamClientError) => void;
  /** Shown in the broker's management page. */
  readonly connectionName?: string;
  /** For `rabbitmq-stream+tls:`; certificates are verified unless it says otherwise. */
  readonly tls?: TlsOptions;
  /** After so many requests the client ends as `recycled`. Default 2^31: correlation ids have 32 bits. */
  readonly requestsMax?: number;
}

/** A connection to one node of the broker. Ends once and for good; the owner then connects a new one. */
export interface StreamClient {
  readonly closed: Promise<StreamClientError>;
  readonly logger: TriggerLogger;
  readonly frameBytesMax: number;
  /** For the parts of this folder: requests, commands, and who gets what the broker sends. */
  readonly routes: Routes;
  request(command: Request): Promise<Buffer>;
  send(command: Request | Buffer): void;
  /** Why it ended, once it has. */
  failed(): StreamClientError | undefined;
  fail(reason: StreamClientError): void;
  /** Says goodbye within the request's time limit. Always settles; idempotent. */
  close(): Promise<void>;
}

const REQUESTS_MAX = 2 ** 31;
const HEARTBEAT_S_MIN = 1;

/** @throws StreamClientError `connect_timeout`, `connect_failed`, `refused` (credentials, virtual host), `invalid_argument` */
export async function connectStream(options: StreamClientOptions): Promise<StreamClient> {
  const { url, connectTimeoutMs, heartbeatS, logger, onClosed, connectionName = 'heartline' } = options;
  if (!(heartbeatS >= HEARTBEAT_S_MIN))
    throw new StreamClientError('invalid_argument', 'heartbeatS must be at least 1');
  const endpoint = streamEndpoint(url);
  const address = `${endpoint.host}:${endpoint.port}`;
  const socket = open(endpoint, options.tls);
  const router = new FrameRouter(logger, (reason) => connection.fail(reason));
  const connection = new StreamConnection({
    socket,
    requestTimeoutMs: options.requestTimeoutMs,
    requestsMax: options.requestsMax ?? REQUESTS_MAX,
    onFrame: (key, frame) => router.route(key, frame),
  });
  const timer = setTimeout(() => {
    connection.fail(new StreamClientError('connect_timeout', `${address} not connected in ${connectTimeoutMs} ms`));
  }, connectTimeoutMs);
  let tuning: Tuning;
  try {
    await connected(connection, socket, endpoint.secure, address);
    tuning = await handshake(connection, endpoint, { heartbeatS, connectionName });
  } catch (error) {
    const failure = asStreamError(error, 'protocol_error', 'handshake');
    connection.fail(failure);
    throw failure;
  } finally {
    clearTimeout(timer);
  }
  connection.watch(tuning.heartbeatMs);
  connection.closed
    .then((reason) => {
      router.ended(reason);
      onClosed(reason);
    })
    .catch((error: unknown) => logger.error('onClosed of a stream client failed', { error: String(error) }));
  return {
    closed: connection.closed,
    logger,
    frameBytesMax: tuning.frameBytesMax,
    routes: router,
    request: (command) => connection.request(command),
    send: (command) => connection.send(command),
    failed: () => connection.failed,
    fail: (reason) => connection.fail(reason),
    close: () => connection.close(),
  };
}

function open({ host, port, secure }: StreamEndpoint, tls: TlsOptions = {}): Socket {
  // An address is no name to ask for (RFC 6066, section 3); the certificate must have it all the same.
  const servername = isIP(host) === 0 ? host : '';
  const socket = secure ? tlsConnect({ servername, ...tls, host, port }) : tcpConnect({ host, port });
  // Credits and checkpoints are small and awaited; Nagle would hold them back.
  return socket.setNoDelay(true);
}

async function connected(
  connection: StreamConnection,
  socket: Socket,
  secure: boolean,
  address: string,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  socket.once(secure ? 'secureConnect' : 'connect', () => resolve(undefined));
  const failure = await Promise.race([promise, connection.closed]);
  if (failure === undefined) return;
  if (failure.code === 'connect_timeout') throw failure;
  throw new StreamClientError('connect_failed', `${address}: ${failure.message}`, { cause: failure });
}
