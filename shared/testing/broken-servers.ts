import net from 'node:net';

export interface BrokenServer {
  port: number;
  /** Open now. */
  connections(): number;
  close(): Promise<void>;
}

async function listen(server: net.Server, sockets: Set<net.Socket>): Promise<BrokenServer> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    connections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Accepts connections and never says a word. */
export function silentServer(): Promise<BrokenServer> {
  return listen(net.createServer(), new Set());
}

export interface Link extends BrokenServer {
  /** From now on nothing passes in either direction, and no connection is closed. */
  stall(): void;
  /** Closes every connection hard as soon as the server has answered `more` further packets; the last does not pass. */
  cutAfterAnswers(more: number): void;
  /** Closes every connection, and new ones at once. */
  cut(): void;
  restore(): void;
}

/** A TCP link to a server on this machine, which can be stalled or cut. */
export async function linkTo(port: number): Promise<Link> {
  const sockets = new Set<net.Socket>();
  let stalled = false;
  let isCut = false;
  let answersLeft = Number.POSITIVE_INFINITY;
  const server = net.createServer((near) => {
    if (isCut) return void near.destroy();
    const far = net.connect(port, '127.0.0.1');
    sockets.add(far);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    far.on('error', end).on('close', end);
    far.on('close', () => sockets.delete(far));
    near.on('close', end);
    near.on('data', (data) => {
      if (!stalled) far.write(data);
    });
    far.on('data', (data) => {
      if (stalled) return;
      answersLeft -= 1;
      if (answersLeft < 0) end();
      else near.write(data);
    });
  });
  const link = await listen(server, sockets);
  return {
    ...link,
    stall: () => {
      stalled = true;
    },
    cutAfterAnswers: (more) => {
      answersLeft = more;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    restore: () => {
      stalled = false;
      isCut = false;
      answersLeft = Number.POSITIVE_INFINITY;
    },
  };
}
