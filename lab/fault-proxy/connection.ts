import { connect, type Socket } from 'node:net';
import { createLane } from './lane.ts';
import type { ConnectionFacts, Link } from './link.ts';
import { resetSocket } from './reset-socket.ts';
import type { Direction } from './toxics.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionInfo {
  readonly id: number;
  readonly clientId: string;
  /** Undefined until a CONNECT was seen. */
  readonly protocol: '3.1' | '3.1.1' | '5' | undefined;
  /** `host:port` of the client. */
  readonly from: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Directions that pass as they are, without toxics on PUBLISH packets. */
  readonly raw: readonly Direction[];
  readonly waitingBytes: Readonly<Record<Direction, number>>;
}

export interface Connection {
  info(): ConnectionInfo;
  /** Lets go what a direction holds back (reorder) or lets wait (delay). */
  release(direction: Direction, what: { readonly held: boolean; readonly waiting: boolean }): void;
  /** Breaks both sides at once, as a toxic does. */
  cut(toxic: string): void;
  /** Breaks both sides at once. */
  destroy(): void;
}

/** Loopback answers at once, a network within seconds. */
const UPSTREAM_CONNECT_TIMEOUT_MS = 10_000;
const SIDES = 2;
const OPPOSITE = { upstream: 'downstream', downstream: 'upstream' } as const;
const PROTOCOLS = { 3: '3.1', 4: '3.1.1', 5: '5' } as const;

/** @param client paused; it is read once the broker's side is connected */
export function openConnection(
  id: number,
  client: Socket,
  upstream: Address,
  link: Link,
  onClosed: () => void,
): Connection {
  const { journal, onEvent } = link;
  const facts: ConnectionFacts = { connection: id, protocol: undefined, clientId: '' };
  const from = `${client.remoteAddress ?? ''}:${client.remotePort ?? 0}`;
  const since = new Date().toISOString();
  const broker = connect({ ...upstream, allowHalfOpen: true, noDelay: true, timeout: UPSTREAM_CONNECT_TIMEOUT_MS });
  let isBroken = false;
  let closedSides = 0;

  const stopLanes = (): boolean => {
    if (isBroken) return false;
    isBroken = true;
    for (const lane of [lanes.downstream, lanes.upstream]) lane.close();
    return true;
  };

  const destroy = () => {
    stopLanes();
    resetSocket(client);
    resetSocket(broker);
  };

  const fail = (side: 'client' | 'broker', reason: string) => {
    if (!isBroken) onEvent({ type: 'failed', connection: id, side, reason });
    destroy();
  };

  const noteCut = (toxic: string) => {
    journal.cut();
    onEvent({ type: 'cut', connection: id, clientId: facts.clientId, toxic });
  };

  const lane = (direction: Direction, source: Socket, target: Socket) =>
    createLane({
      direction,
      facts,
      link,
      source,
      target,
      notMqtt(reason) {
        lanes.upstream.goRaw(reason);
        lanes.downstream.goRaw(reason);
      },
      breakAt(toxic) {
        if (!stopLanes()) return;
        noteCut(toxic);
        // What came before the lost packet arrives; the sender learns of the break at once.
        target.uncork();
        target.destroySoon();
        resetSocket(source);
      },
      acknowledged: (packetId) => lanes[OPPOSITE[direction]].acknowledged(packetId),
      aliasesOverflow() {
        if (!isBroken) onEvent({ type: 'aliases_overflow', connection: id, direction });
        destroy();
      },
    });
  const lanes = { upstream: lane('upstream', client, broker), downstream: lane('downstream', broker, client) };

  join(client, 'client', lanes.upstream, lanes.downstream);
  join(broker, 'broker', lanes.downstream, lanes.upstream);

  /** @param out gets what the socket says; `into` is what is written to it */
  function join(socket: Socket, side: 'client' | 'broker', out: typeof lanes.upstream, into: typeof lanes.upstream) {
    socket.on('data', (bytes: Buffer) => out.chunk(bytes));
    socket.on('end', () => out.end());
    socket.on('drain', () => into.drained());
    socket.on('error', (error) => fail(side, describe(error)));
    socket.on('close', () => {
      closedSides += 1;
      if (closedSides < SIDES) return;
      stopLanes();
      onEvent({ type: 'closed', connection: id, clientId: facts.clientId });
      onClosed();
    });
  }

  broker.once('connect', () => {
    broker.setTimeout(0);
    if (!isBroken) client.resume();
  });
  broker.once('timeout', () => fail('broker', `no answer within ${UPSTREAM_CONNECT_TIMEOUT_MS} ms`));
  onEvent({ type: 'connected', connection: id, from });

  return {
    info: () => ({
      id,
      clientId: facts.clientId,
      protocol: facts.protocol && PROTOCOLS[facts.protocol],
      from,
      since,
      raw: (['downstream', 'upstream'] as const).filter((direction) => lanes[direction].isRaw),
      waitingBytes: { downstream: lanes.downstream.waitingBytes, upstream: lanes.upstream.waitingBytes },
    }),
    release: (direction, what) => {
      if (!isBroken) lanes[direction].release(what);
    },
    cut(toxic) {
      if (!isBroken) noteCut(toxic);
      destroy();
    },
    destroy,
  };
}

function describe(error: NodeJS.ErrnoException): string {
  return error.code === undefined ? error.message : `${error.code}: ${error.message}`;
}
