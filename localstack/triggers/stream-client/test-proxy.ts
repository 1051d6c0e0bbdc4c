import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP link to the broker that a test can cut within a frame, or silence. */
export interface TestProxy {
  readonly url: string;
  /** Ends all connections once so many more bytes have come from the broker. */
  cutAfter(bytes: number): void;
  /** Connections stay, and new ones are taken, but no byte passes. */
  freeze(): void;
  close(): Promise<void>;
}

export async function testProxy(brokerUrl: string): Promise<TestProxy> {
  const broker = new URL(brokerUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let left = Number.POSITIVE_INFINITY;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(broker.port), broker.hostname);
    const pairs: [Socket, Socket, boolean][] = [
      [client, upstream, false],
      [upstream, client, true],
    ];
    for (const [from, to, fromBroker] of pairs) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (frozen) return;
        if (!fromBroker || bytes.length < left) {
          if (fromBroker) left -= bytes.length;
          to.write(bytes);
          return;
        }
        const last = bytes.subarray(0, left);
        left = Number.POSITIVE_INFINITY;
        to.end(last);
        from.destroy();
      });
      // Either side may reset; the other learns of it by the close.
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen && !to.writableEnded) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: brokerUrl.replace(broker.host, `127.0.0.1:${port}`),
    cutAfter(bytes) {
      left = bytes;
    },
    freeze() {
      frozen = true;
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
