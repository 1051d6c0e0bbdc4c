import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP link between a client and a broker that a test can cut or turn into a black hole. */
export interface TestProxy {
  readonly url: string;
  /** Ends all connections; new ones are taken. */
  cut(): void;
  /** Connections stay, and new ones are taken, but no byte passes. */
  freeze(): void;
  thaw(): void;
  /** Connections that were taken so far. */
  connections(): number;
  close(): Promise<void>;
}

export async function testProxy(brokerUrl: string): Promise<TestProxy> {
  const broker = new URL(brokerUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let taken = 0;

  const server = createServer((client) => {
    taken += 1;
    const upstream = connect(Number(broker.port), broker.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!frozen) to.write(bytes);
      });
      // Either side may reset; the other learns of it by the close.
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    url: `mqtt://127.0.0.1:${port}`,
    cut,
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      cut();
    },
    connections: () => taken,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
