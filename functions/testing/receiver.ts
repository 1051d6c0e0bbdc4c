import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request that a receiver has taken in whole. */
export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly atMs: number;
}

/** What it answers, having taken the request; undefined: never. `cut`: the connection ends without an answer. */
export type Reply = number | 'cut' | 'hang' | { readonly status: number; readonly headers: Record<string, string> };

export type Receiver = Awaited<ReturnType<typeof receiver>>;

/** Somebody else's system over HTTP, which remembers all that it was sent, and answers as it is told to; 200 otherwise. */
export async function receiver() {
  const received: Received[] = [];
  const replies = new Map<string, Reply[]>();
  let always: Reply = 200;

  function answer(response: ServerResponse, reply: Reply): void {
    if (reply === 'hang') return;
    if (reply === 'cut') response.destroy();
    else if (typeof reply === 'number') response.writeHead(reply).end();
    else response.writeHead(reply.status, reply.headers).end();
  }
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    received.push({ headers: request.headers, body, atMs: performance.now() });
    const mine = [...replies].find(([about]) => body.includes(about))?.[1];
    answer(response, mine?.shift() ?? always);
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/in`,
    received: (): readonly Received[] => received,
    /** The next requests that are about this are answered so, one after the other. */
    reply(about: string, ...next: Reply[]) {
      replies.set(about, next);
    },
    always(reply: Reply) {
      always = reply;
    },
    forget() {
      received.length = 0;
      replies.clear();
      always = 200;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
