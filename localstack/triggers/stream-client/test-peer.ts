import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A listener that does with each connection what the test says. */
export async function testPeer(handle: (socket: Socket) => void): Promise<{ url: string; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rabbitmq-stream://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
