import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { openLink } from './broker-link.ts';
import { refuseBrokenRequest, requestAnswerer } from './http-answer.ts';
import { indexFile } from './index-file.ts';
import type { Operation } from './operation.ts';
import { readPublish } from './publish-request.ts';
import { publish, publishRetained } from './publisher.ts';
import { readBody } from './request-body.ts';
import { retainedIndex } from './retained-index.ts';
import { getRetainedMessage, listRetainedMessages } from './retained-operations.ts';
import { retainedReader } from './retained-reader.ts';
import { trackRetained } from './retained-tracker.ts';
import type { IotDataPlane, IotDataPlaneOptions } from './types.ts';

/** Short cuts of the tracking link lose nothing: the broker keeps its messages this long. */
const TRACKER_SESSION_S = 60;
const CLOSE_WAIT_MS = 3_000;
/** A request line and headers take one round trip; whoever dribbles them holds a connection. */
const HEADERS_LIMIT_MS = 5_000;
const REQUEST_LIMIT_MS = 10_000;
const MAX_CONNECTIONS = 1_000;

/**
 * The AWS IoT Core data plane on this machine, in front of an MQTT 5 broker. Resolves as soon as it listens; while the
 * broker is away it answers ServiceUnavailableException and keeps trying to connect.
 * @throws Error with code EADDRINUSE when the port is taken, or one that says that `mqttUrl` is no MQTT URL
 */
export async function startIotDataPlane(options: IotDataPlaneOptions): Promise<IotDataPlane> {
  const { host, mqttUrl, logger, retainedFilters = ['#'] } = options;
  const file = indexFile(options.indexFile, logger);
  const index = retainedIndex(await file.read(), file.save, logger);
  const server = createServer({ headersTimeout: HEADERS_LIMIT_MS, requestTimeout: REQUEST_LIMIT_MS });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;

  const requests = openLink({ mqttUrl, name: 'requests', logger, sessionExpiryS: 0 });
  const tracker = openLink({ mqttUrl, name: 'tracker', logger, sessionExpiryS: TRACKER_SESSION_S });
  trackRetained(tracker, retainedFilters, index, logger);
  const retained = { read: retainedReader(requests), index };

  async function perform(operation: Operation, request: IncomingMessage): Promise<object> {
    switch (operation.name) {
      case 'Publish': {
        const head = readPublish(operation.topic, operation.query, request.headers);
        const payload = await readBody(request);
        if (head.retain) await publishRetained(requests, { ...head, payload }, index);
        else await publish(requests, { ...head, payload });
        return { message: 'OK' };
      }
      case 'GetRetainedMessage':
        return getRetainedMessage(operation.topic, retained);
      case 'ListRetainedMessages':
        return listRetainedMessages(operation.query, retained);
    }
  }
  server.on('request', requestAnswerer(options, perform));
  server.on('clientError', (error, socket) => refuseBrokenRequest(error, socket, options));

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    const forced = setTimeout(() => server.closeAllConnections(), CLOSE_WAIT_MS);
    await closed.finally(() => clearTimeout(forced));
    await Promise.all([requests.close(), tracker.close()]);
    await file.close();
  }

  return { url: `http://${host}:${port}`, port, close };
}
