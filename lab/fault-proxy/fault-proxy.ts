import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { type Address, type Connection, type ConnectionInfo, openConnection } from './connection.ts';
import type { OnEvent } from './events.ts';
import { FaultProxyError } from './fault-proxy-error.ts';
import { createFlaps } from './flaps.ts';
import { type Identify, payloadIdentity } from './identity.ts';
import { createJournal, type Journal, type JournalCounters } from './journal.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { Link } from './link.ts';
import { resetSocket } from './reset-socket.ts';
import { createToxicSet } from './toxic-set.ts';
import { type Direction, parseToxics, type Toxic, type ToxicInput } from './toxics.ts';

export interface FaultProxyOptions {
  /** Port 0 takes a free one. */
  readonly listen: Address;
  /** The broker: MQTT over TCP. */
  readonly upstream: Address;
  /** A whole number. With it, names and rates of the toxics, and the messages, all decisions are given. */
  readonly seed: number;
  /** What a message is known by; by default its topic and payload. */
  readonly identify?: Identify | undefined;
  readonly onEvent?: OnEvent | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

export interface FaultProxy {
  /** Where it listens. */
  readonly port: number;
  readonly host: string;
  /**
   * Replaces the whole list, from the next packet on. What a delay or reorder that is gone or changed holds goes at
   * once; a flap that is gone lets connections in at once. Throws FaultProxyError `toxics_invalid`, and changes nothing then.
   */
  setToxics(list: readonly ToxicInput[]): readonly Toxic[];
  toxics(): readonly Toxic[];
  journal(): Journal;
  /** The journal without its list of hits. */
  counters(): JournalCounters;
  /** Counters and hits begin anew; what toxics remember of messages stays. */
  clearJournal(): void;
  connections(): readonly ConnectionInfo[];
  /** Breaks all connections and frees the port. May be called again. */
  stop(): Promise<void>;
}

const DIRECTIONS: readonly Direction[] = ['downstream', 'upstream'];
const silent: OnEvent = () => undefined;

/**
 * A proxy between MQTT clients (3.1, 3.1.1, 5; plain TCP) and a broker that loses, repeats, delays and reorders messages.
 * Rejects with FaultProxyError `argument`, or `listen_failed` when it cannot listen.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { listen, upstream, seed, onEvent = silent } = options;
  if (!Number.isSafeInteger(seed)) throw new FaultProxyError('argument', `seed ${seed}: give a whole number`);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const journal = createJournal(seed, limits.hits);
  const toxics = createToxicSet(seed, journal, limits.identities);
  const link: Link = { toxics, journal, limits, onEvent, identify: options.identify ?? payloadIdentity };
  const connections = new Set<Connection>();
  let lastId = 0;

  const flaps = createFlaps({
    down(toxic) {
      const counters = journal.toxic(toxic);
      counters.seen += 1;
      counters.hit += connections.size;
      onEvent({ type: 'link_down', toxic: toxic.name });
      for (const connection of connections) connection.cut(toxic.name);
    },
    up: (toxic) => onEvent({ type: 'link_up', toxic: toxic.name }),
  });

  const accept = (client: Socket) => {
    if (!flaps.isUp) {
      journal.refused();
      onEvent({ type: 'refused', from: `${client.remoteAddress ?? ''}:${client.remotePort ?? 0}` });
      resetSocket(client);
      return;
    }
    lastId += 1;
    const connection = openConnection(lastId, client, upstream, link, () => connections.delete(connection));
    connections.add(connection);
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, accept);
  const { address, port } = await listening(server, listen);
  server.on('error', (error) => onEvent({ type: 'accept_failed', reason: String(error) }));
  let stopped: Promise<void> | undefined;

  return {
    port,
    host: address,
    setToxics(list) {
      const next = parseToxics(list);
      const gone = toxics.list.filter((toxic) => !next.some((other) => isDeepStrictEqual(other, toxic)));
      toxics.replace(next);
      for (const direction of DIRECTIONS) {
        const ofIt = gone.filter((toxic) => toxic.direction === direction);
        const what = {
          held: ofIt.some(({ type }) => type === 'reorder'),
          waiting: ofIt.some(({ type }) => type === 'delay'),
        };
        for (const connection of connections) connection.release(direction, what);
      }
      flaps.replace(next.filter((toxic) => toxic.type === 'flap'));
      return next;
    },
    toxics: () => toxics.list,
    journal: () => journal.read(),
    counters: () => journal.counters(),
    clearJournal: () => journal.clear(),
    connections: () => [...connections].map((connection) => connection.info()),
    stop() {
      flaps.replace([]);
      stopped ??= new Promise((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.destroy();
      return stopped;
    },
  };
}

async function listening(server: Server, { host, port }: Address): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code ?? error.message})`;
      reject(new FaultProxyError('listen_failed', `port ${port} on ${host} ${reason}`, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new FaultProxyError('listen_failed', 'no address is bound');
  return bound;
}
