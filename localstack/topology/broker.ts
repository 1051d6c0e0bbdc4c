import { PermanentError, TransientError } from '../../shared/errors.ts';
import type { TriggerLogger } from '../triggers/event-source.ts';
import { connectStream, type StreamClient } from '../triggers/stream-client/client.ts';
import { declareStream } from '../triggers/stream-client/declare-stream.ts';
import { StreamClientError } from '../triggers/stream-client/stream-error.ts';
import type { Action } from './differences.ts';
import { type ManagementApi, managementApi } from './management-api.ts';

export interface BrokerUrls {
  /** `rabbitmq-stream://user:password@host:port/vhost` */
  readonly streamUrl: string;
  /** `http://host:port`; user and password as in the stream URL unless it has its own. The user's tag: policymaker. */
  readonly managementUrl: string;
}

export interface Broker {
  readonly api: ManagementApi;
  readonly client: StreamClient;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The broker answers a creation when a majority has it. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEARTBEAT_S = 10;

export async function connectBroker({ streamUrl, managementUrl }: BrokerUrls, logger: TriggerLogger): Promise<Broker> {
  const api = managementApi(managementUrl, streamUrl);
  const client = await connectStream({
    url: streamUrl,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    heartbeatS: HEARTBEAT_S,
    logger,
    onClosed: (reason) => logger.debug('topology: the connection ended', { reason: reason.message }),
    connectionName: 'heartline topology',
  });
  return { api, client };
}

/** Each is idempotent. */
export async function perform({ api, client }: Broker, action: Action): Promise<void> {
  switch (action.do) {
    case 'policy': {
      const { name, pattern, priority, definition } = action.policy;
      const body = { pattern, 'apply-to': 'streams', priority, definition };
      return await api.send('PUT', api.path('policies', name), body);
    }
    case 'stream':
      await declareStream({ client, stream: action.stream, segmentBytes: action.segmentBytes });
      return;
    case 'exchange': {
      const { name, type, internal, arguments: args } = action.exchange;
      const body = { type, internal, durable: true, auto_delete: false, arguments: args };
      return await api.send('PUT', api.path('exchanges', name), body);
    }
    case 'bind': {
      const { source, destination, destinationType, routingKey, arguments: args } = action.binding;
      const path = api.path('bindings', 'e', source, destinationType[0] ?? '', destination);
      return await api.send('POST', path, { routing_key: routingKey, arguments: args });
    }
    case 'unbind': {
      const { source, destination, destinationType, propertiesKey } = action.binding;
      return await api.send(
        'DELETE',
        api.path('bindings', 'e', source, destinationType[0] ?? '', destination, propertiesKey),
      );
    }
  }
}

/** Codes of the stream protocol that waiting may change: not available on this node, virtual host access, internal error. */
const PASSING_CODES = new Set([6, 12, 15]);
/** Precondition failed: another process was first, with other arguments; another look tells which. */
const PASSING_AFTER_LOOK = 17;
const PASSING = new Set([
  'connect_timeout',
  'connect_failed',
  'request_timeout',
  'silent_peer',
  'peer_closed',
  'socket_error',
  'closed_by_broker',
]);

/** In words, when trying again may help; undefined when it cannot. @throws PermanentError for a user that the broker refuses */
export function whyUnavailable(error: unknown): string | undefined {
  if (error instanceof TransientError) return error.message;
  if (!(error instanceof StreamClientError)) return undefined;
  if (error.code === 'refused' && error.responseCode !== undefined) {
    if (PASSING_CODES.has(error.responseCode) || error.responseCode === PASSING_AFTER_LOOK) return error.message;
    throw new PermanentError('broker_refused', `RabbitMQ refuses: ${error.message}`, { cause: error });
  }
  return PASSING.has(error.code) ? error.message : undefined;
}
