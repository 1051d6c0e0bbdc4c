import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { FaultProxyEvent } from '../events.ts';
import { type FaultProxyOptions, startFaultProxy } from '../fault-proxy.ts';
import type { ToxicInput } from '../toxics.ts';

const LOOPBACK = '127.0.0.1';
/** A busy machine gets time. */
const DEADLINE_MS = 20_000;
const POLL_MS = 10;

/** Waits until `check` gives something truthy, and gives it. */
export async function until<T>(what: string, check: () => T | undefined | false, deadlineMs = DEADLINE_MS): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = check();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export interface Ends {
  /** The client's end. */
  readonly client: Socket;
  /** The broker's end. */
  readonly broker: Socket;
  readonly proxy: Awaited<ReturnType<typeof startFaultProxy>>;
  readonly events: FaultProxyEvent[];
  close(): Promise<void>;
}

type Options = Partial<Omit<FaultProxyOptions, 'listen' | 'upstream'>> & { readonly toxics?: readonly ToxicInput[] };

/** One connection through a proxy, both ends in hand. */
export async function bothEnds({ toxics = [], seed = 1, ...options }: Options = {}): Promise<Ends> {
  const events: FaultProxyEvent[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port is bound');
  const upstream = { host: LOOPBACK, port: bound.port };
  const onEvent = (event: FaultProxyEvent) => events.push(event);
  const proxy = await startFaultProxy({ listen: { host: LOOPBACK, port: 0 }, upstream, seed, onEvent, ...options });
  proxy.setToxics(toxics);
  const accepted = once(server, 'connection');
  const client = connect({ host: LOOPBACK, port: proxy.port, allowHalfOpen: true, noDelay: true });
  client.on('error', () => client.destroy());
  const [broker] = (await accepted) as [Socket];
  return {
    client,
    broker,
    proxy,
    events,
    async close() {
      client.destroy();
      broker.destroy();
      server.close();
      await proxy.stop();
    },
  };
}

/** For a file of tests: as bothEnds, and what was opened is closed after each test. */
export function endsOfATest(): typeof bothEnds {
  let open: Ends[] = [];
  afterEach(async () => {
    await Promise.all(open.map((both) => both.close()));
    open = [];
  });
  return async (options) => {
    const both = await bothEnds(options);
    open.push(both);
    return both;
  };
}

/** All that a socket says, growing. */
export function collected(socket: Socket): { bytes(): Buffer; ended(): boolean } {
  const chunks: Buffer[] = [];
  let ended = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => {
    ended = true;
  });
  return { bytes: () => Buffer.concat(chunks), ended: () => ended };
}

/** Says these to the other side, each after the other, and says no more. Gives what arrived there. */
export async function conveyed(from: Socket, to: Socket, chunks: readonly Buffer[]): Promise<Buffer> {
  const arrived = collected(to);
  for (const chunk of chunks) from.write(chunk);
  from.end();
  await until('the end of what was said', arrived.ended);
  return arrived.bytes();
}
