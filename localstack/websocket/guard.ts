// What serverless offline's WebSocket server leaves open, closed: one client could end the process of all functions.
import { WebSocket, WebSocketServer } from 'ws';

/** API Gateway's quota of a message (ws has 100 MiB). A longer one closes its connection, with 1009. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** What may wait in memory for a client that does not read: some thousand changes. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** For a client to answer that it closes, too. */
const CLOSE_LIMIT_MS = 1_000;
const GOING_AWAY = 1001;

type Data = Parameters<WebSocket['send']>[0];
type Options = Parameters<WebSocket['send']>[1];
type Done = (error?: Error) => void;

/** A client's connection. */
class GuardedClient extends WebSocket {
  constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
    super(...parameters);
    // A frame that is none, or is too long: ws closes the connection, and without a listener the process would end.
    this.on('error', () => this.terminate());
  }

  override send(data: Data, options: Options | Done = {}, done?: Done): void {
    if (this.bufferedAmount > MAX_UNREAD_BYTES) this.terminate();
    else if (typeof options === 'function') super.send(data, options);
    else super.send(data, options, done);
  }
}

const servers = new Set<WebSocketServer>();
/** Keys of the handshakes whose connections are there. serverless offline tells clients apart by them. */
const keys = new Set<string>();

/** Guards every WebSocket server of this process, from its first connection on. */
export function guardWebsockets(): void {
  const { handleUpgrade } = WebSocketServer.prototype;
  WebSocketServer.prototype.handleUpgrade = function guarded(request, socket, head, accept) {
    servers.add(this);
    Object.assign(this.options, { maxPayload: MAX_MESSAGE_BYTES, WebSocket: GuardedClient });
    const key = request.headers['sec-websocket-key'] ?? '';
    // A random value (RFC 6455, section 4.1): used twice, it would make two clients one.
    if (keys.has(key)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    keys.add(key);
    socket.once('close', () => keys.delete(key));
    handleUpgrade.call(this, request, socket, head, accept);
  };
}

/** Closes every connection, so that its client connects again elsewhere; who does not answer is cut off. */
export async function closeWebsockets(): Promise<void> {
  const clients = [...servers].flatMap((server) => [...server.clients]);
  const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
  for (const client of clients) client.close(GOING_AWAY);
  const cutOff = setTimeout(() => {
    for (const client of clients) client.terminate();
  }, CLOSE_LIMIT_MS);
  await Promise.all(closed);
  clearTimeout(cutOff);
}
