import type { Socket } from 'node:net';
import { parseConnect } from './connect-packet.ts';
import { createDelayLine } from './delay-line.ts';
import { createFramer, type FrameSink } from './framer.ts';
import { boundedIdentity } from './identity.ts';
import type { ConnectionFacts, Link } from './link.ts';
import { createPublishPath } from './publish-path.ts';
import type { Direction } from './toxics.ts';

/** One direction of a connection: bytes from one socket, through the toxics, to the other. */
export interface Lane {
  chunk(bytes: Buffer): void;
  /** The sender sends no more; the receiver is told once all has gone. */
  end(): void;
  /** The receiver can take more. */
  drained(): void;
  /** Of a PUBLISH of this direction, by its receiver. */
  acknowledged(packetId: number): void;
  goRaw(reason: string): void;
  release(what: { readonly held: boolean; readonly waiting: boolean }): void;
  close(): void;
  readonly isRaw: boolean;
  readonly waitingBytes: number;
}

export interface LaneOptions {
  readonly direction: Direction;
  readonly facts: ConnectionFacts;
  readonly link: Link;
  readonly source: Socket;
  readonly target: Socket;
  /** What comes upstream is no MQTT. */
  readonly notMqtt: (reason: string) => void;
  readonly breakAt: (toxic: string) => void;
  /** A PUBACK passes, for a PUBLISH of the other direction. */
  readonly acknowledged: (packetId: number) => void;
  readonly aliasesOverflow: () => void;
}

const TYPE_SHIFT = 4;
const CONNECT_BYTE = 0x10;
const PUBLISH = 3;
const PUBACK = 4;
const PACKET_ID_BYTES = 2;
/** PUBACK, PUBREC, PUBREL, PUBCOMP, PINGREQ, PINGRESP: a PUBLISH held back may be overtaken by them, by others not. */
const OVERTAKING = new Set([4, 5, 6, 7, 12, 13]);
const NO_CONNECT = 'the first packet is no MQTT CONNECT';

export function createLane(options: LaneOptions): Lane {
  const { direction, facts, link, source, target } = options;
  const { limits, onEvent } = link;
  let isBlocked = false;
  let isPaused = false;
  let isRaw = false;
  let isClosed = false;
  let saidRaw = false;

  const line = createDelayLine({
    write(bytes) {
      if (!target.write(bytes)) isBlocked = true;
    },
    end: () => target.end(),
    relieved: () => settle(),
  });

  /** Reads no more from the sender while the receiver does not keep up, or too much waits for a delay. */
  const settle = () => {
    const full = isPaused ? line.waitingBytes > limits.waitingBytes / 2 : line.waitingBytes > limits.waitingBytes;
    const pause = isBlocked || full;
    if (pause === isPaused || isClosed) return;
    isPaused = pause;
    if (pause) source.pause();
    else source.resume();
  };

  const close = () => {
    isClosed = true;
    path.close();
    line.close();
  };
  const path = createPublishPath({
    direction,
    facts,
    link,
    line,
    breakAt(toxic) {
      line.flush();
      options.breakAt(toxic);
    },
    aliasesOverflow: options.aliasesOverflow,
  });

  const add = (bytes: Buffer, start: number, end: number) => line.add(bytes, start, end, 0);

  /** The first packet upstream says which MQTT this is. */
  const seeOthers = (bytes: Buffer, start: number, body: number, end: number) => {
    const type = (bytes[start] ?? 0) >> TYPE_SHIFT;
    if (!OVERTAKING.has(type)) path.release();
    if (type === PUBACK && body + PACKET_ID_BYTES <= end) options.acknowledged(bytes.readUInt16BE(body));
    if (direction === 'downstream' || facts.protocol !== undefined) return;
    const connect = parseConnect(bytes, start, body, end);
    if (connect === undefined) options.notMqtt(NO_CONNECT);
    else {
      facts.protocol = connect.protocol;
      facts.clientId = boundedIdentity(connect.clientId);
    }
  };

  const isPublish = (bytes: Buffer, start: number) => (bytes[start] ?? 0) >> TYPE_SHIFT === PUBLISH;

  const sink: FrameSink = {
    packet(bytes, start, body, end) {
      if (isClosed) return;
      if (isPublish(bytes, start)) return path.packet(bytes, start, body, end);
      seeOthers(bytes, start, body, end);
      add(bytes, start, end);
    },
    head(bytes, start, body, end) {
      if (isClosed) return;
      if (isPublish(bytes, start)) return path.head(bytes, start, body, end);
      seeOthers(bytes, start, body, end);
      add(bytes, start, end);
    },
    rest(bytes, start, end) {
      if (!isClosed) add(bytes, start, end);
    },
    raw(bytes, start, end) {
      if (isClosed) return;
      sayRaw('what should be a packet has no valid header');
      add(bytes, start, end);
    },
  };
  const framer = createFramer(sink, limits.examinedBytes);

  const sayRaw = (reason: string) => {
    isRaw = true;
    if (saidRaw) return;
    saidRaw = true;
    path.release();
    onEvent({ type: 'raw', connection: facts.connection, direction, reason });
  };

  return {
    chunk(bytes) {
      const isFirst = direction === 'upstream' && facts.protocol === undefined && !isRaw;
      target.cork();
      if (isFirst && source.bytesRead === bytes.length && bytes[0] !== CONNECT_BYTE) options.notMqtt(NO_CONNECT);
      framer.push(bytes);
      line.flush();
      target.uncork();
      settle();
    },
    end() {
      if (isClosed) return;
      framer.end();
      path.release();
      line.end();
    },
    drained() {
      isBlocked = false;
      settle();
    },
    acknowledged: path.acknowledged,
    goRaw(reason) {
      sayRaw(reason);
      framer.goRaw();
      line.flush();
    },
    release({ held, waiting }) {
      if (held) path.release();
      if (waiting) line.release();
      line.flush();
      settle();
    },
    close,
    get isRaw() {
      return isRaw;
    },
    get waitingBytes() {
      return line.waitingBytes;
    },
  };
}
