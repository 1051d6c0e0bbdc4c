import {
  ApiGatewayManagementApiClient,
  ApiGatewayManagementApiServiceException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { config } from '../config.ts';
import { PermanentError } from '../errors.ts';

/** On one machine a post takes a millisecond, to a region some tens: whoever takes longer is away. */
const CONNECT_TIMEOUT_MS = 500;
const REQUEST_TIMEOUT_MS = 2_000;
const GONE = 410;

/** One an endpoint: they keep connections. */
const clients = new Map<string, ApiGatewayManagementApiClient>();

function clientOf(endpoint: string): ApiGatewayManagementApiClient {
  const known = clients.get(endpoint);
  if (known !== undefined) return known;
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    // The queue's trigger tries again, later.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  clients.set(endpoint, client);
  return client;
}

/** Where connections that are opened here are reached: on this machine the server's own port. */
export const ownEndpoint = (): string => config().endpoints.websocket.replace(/^ws/, 'http').replace(/\/$/, '');

/**
 * Sends a value as JSON to an open connection.
 * @returns `gone`: nobody has a connection of this id; one that is being opened is not there yet, either
 * @throws PermanentError `feed_unreachable` whatever else it was, in bounded time: not the message's fault, but it must not come
 * again for ever, as it does after a TransientError
 */
export async function postToConnection(
  endpoint: string,
  connectionId: string,
  value: object,
): Promise<'sent' | 'gone'> {
  const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(JSON.stringify(value)) });
  try {
    await clientOf(endpoint).send(command);
    return 'sent';
  } catch (error) {
    const isAnswer = error instanceof ApiGatewayManagementApiServiceException;
    if (isAnswer && error.$metadata.httpStatusCode === GONE) return 'gone';
    throw new PermanentError('feed_unreachable', 'The WebSocket API did not take the change.', { cause: error });
  }
}
