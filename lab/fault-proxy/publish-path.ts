import type { DelayLine } from './delay-line.ts';
import { boundedIdentity, type Publish, payloadIdentity } from './identity.ts';
import { createLateCopies } from './late-copies.ts';
import type { ConnectionFacts, Link } from './link.ts';
import {
  type PublishPacket,
  packetIdOf,
  parsePublish,
  publishOf,
  repeated,
  topicBytes,
  withTopic,
} from './publish-packet.ts';
import { createReordering } from './reordering.ts';
import { createTopicAliases } from './topic-aliases.ts';
import type { Direction } from './toxics.ts';
import { LARGEST, readVariableByteInteger } from './variable-byte-integer.ts';

/** What happens to the PUBLISH packets of one direction of a connection on their way to the delay line. */
export interface PublishPath {
  packet(bytes: Buffer, start: number, body: number, end: number): void;
  /** The beginning of a PUBLISH too large for toxics; its other bytes follow on the line. */
  head(bytes: Buffer, start: number, body: number, end: number): void;
  /** Of one of them, by its receiver. */
  acknowledged(packetId: number): void;
  /** Lets go all that is held back. */
  release(): void;
  close(): void;
}

export interface PublishPathOptions {
  readonly direction: Direction;
  readonly facts: ConnectionFacts;
  readonly link: Link;
  readonly line: DelayLine;
  /** A PUBLISH of QoS 1 or 2 was dropped: the link breaks here. */
  readonly breakAt: (toxic: string) => void;
  readonly aliasesOverflow: () => void;
}

interface Passing {
  readonly packet: PublishPacket;
  readonly topic: Buffer;
  readonly copies: number;
  /** One more copy, once this packet is acknowledged. */
  readonly copyLater: boolean;
  readonly delayMs: number;
}

const MQTT_5 = 5;
const NO_TOPIC = Buffer.alloc(0);

export function createPublishPath(options: PublishPathOptions): PublishPath {
  const { direction, facts, link, line } = options;
  const { toxics, journal, limits, onEvent } = link;
  const counters = journal[direction];
  const aliases = createTopicAliases();
  const lateCopies = createLateCopies<Passing>(limits.lateCopies);
  const reordering = createReordering<Passing>();
  let timer: NodeJS.Timeout | undefined;
  let saidUnexamined = false;
  let saidIdentifyFailed = false;

  const pass = (passing: Passing) => {
    const packetId = packetIdOf(passing.packet);
    for (const copy of lateCopies.due(packetId)) add(copy);
    if (passing.copyLater && packetId !== undefined) lateCopies.keep(packetId, copyOf(passing));
    counters.passed += 1;
    add(passing);
  };

  const add = ({ packet, topic, copies, delayMs }: Passing) => {
    let { bytes, start, end } = packet;
    if (packet.topicAlias > 0 && aliases.passing(packet.topicAlias, topic, carriesTopic(packet))) {
      bytes = withTopic(packet, topic);
      start = 0;
      end = bytes.length;
    }
    line.add(bytes, start, end, delayMs);
    if (copies === 0) return;
    const copy = repeated(bytes.subarray(start, end), packet.qos);
    for (let i = 0; i < copies; i += 1) line.add(copy, 0, copy.length, 0);
  };

  const unexamined = (reason: string) => {
    release();
    counters.unexamined += 1;
    if (saidUnexamined) return;
    saidUnexamined = true;
    onEvent({ type: 'unexamined', connection: facts.connection, direction, reason });
  };

  /** The topic that the packet means; undefined when its alias is unknown. */
  const topicOf = (packet: PublishPacket, isNeeded: boolean): Buffer | undefined => {
    if (packet.topicAlias === 0) return isNeeded ? topicBytes(packet) : NO_TOPIC;
    const topic = aliases.received(packet.topicAlias, topicBytes(packet));
    if (aliases.bytes > limits.aliasBytes) options.aliasesOverflow();
    return topic;
  };

  const identityOf = (publish: Publish): string => {
    try {
      const identity = link.identify(publish);
      if (typeof identity === 'string') return boundedIdentity(identity);
      identifyFailed(`it gave ${typeof identity}`);
    } catch (error) {
      identifyFailed(String(error));
    }
    return payloadIdentity(publish);
  };

  const identifyFailed = (reason: string) => {
    if (saidIdentifyFailed) return;
    saidIdentifyFailed = true;
    onEvent({ type: 'identify_failed', connection: facts.connection, reason });
  };

  /** Toxics decide. */
  const examine = (packet: PublishPacket, topic: Buffer) => {
    const publish = publishOf(packet, topic, facts.clientId, direction);
    const fate = toxics.decide(publish, identityOf(publish));
    if (fate.droppedBy !== undefined) {
      if (packet.qos > 0) options.breakAt(fate.droppedBy);
      return;
    }
    const passing = { packet: fate.places > 0 ? copied(packet) : packet, topic, ...fate };
    for (const going of reordering.next(passing, fate.places, performance.now() + fate.holdMs)) pass(going);
    arm();
  };

  const arm = () => {
    const expiresAtMs = reordering.expiresAtMs;
    clearTimeout(timer);
    if (expiresAtMs !== undefined) timer = setTimeout(expire, Math.max(0, Math.ceil(expiresAtMs - performance.now())));
  };

  const expire = () => {
    for (const going of reordering.expire(performance.now())) pass(going);
    line.flush();
    arm();
  };

  const release = () => {
    clearTimeout(timer);
    for (const going of reordering.releaseAll()) pass(going);
  };

  return {
    packet(bytes, start, body, end) {
      const acts = toxics.acts(direction);
      if (!acts && facts.protocol !== MQTT_5) {
        counters.passed += 1;
        line.add(bytes, start, end, 0);
        return;
      }
      const packet = facts.protocol && parsePublish(bytes, start, body, end, facts.protocol);
      const topic = packet && topicOf(packet, acts);
      if (packet === undefined || topic === undefined) {
        unexamined(facts.protocol === undefined ? 'a PUBLISH before any CONNECT' : 'a malformed PUBLISH');
        line.add(bytes, start, end, 0);
      } else if (acts) {
        examine(packet, topic);
      } else {
        pass({ packet, topic, copies: 0, copyLater: false, delayMs: 0 });
      }
    },
    head(bytes, start, body, end) {
      unexamined(`a PUBLISH of more than ${limits.examinedBytes} bytes`);
      const packet = facts.protocol && parsePublish(bytes, start, body, end, facts.protocol);
      const topic = packet && topicOf(packet, false);
      if (!packet || !topic || packet.topicAlias === 0) return line.add(bytes, start, end, 0);
      if (!aliases.passing(packet.topicAlias, topic, carriesTopic(packet))) return line.add(bytes, start, end, 0);
      const remaining = readVariableByteInteger(bytes, start + 1, end);
      if (remaining + topic.length > LARGEST) return options.aliasesOverflow();
      const spelledOut = withTopic(packet, topic, body + remaining - end);
      line.add(spelledOut, 0, spelledOut.length, 0);
    },
    acknowledged: (packetId) => lateCopies.acknowledged(packetId),
    release,
    close: () => clearTimeout(timer),
  };
}

/** As its sender repeats it, to be sent later. */
function copyOf({ packet, topic }: Passing): Passing {
  const bytes = repeated(packet.bytes.subarray(packet.start, packet.end), packet.qos);
  return { packet: inBytes(packet, bytes), topic, copies: 0, copyLater: false, delayMs: 0 };
}

function carriesTopic(packet: PublishPacket): boolean {
  return topicBytes(packet).length > 0;
}

/** In bytes of its own: a packet held back must not keep the chunk that it came in. */
function copied(packet: PublishPacket): PublishPacket {
  return inBytes(packet, Buffer.from(packet.bytes.subarray(packet.start, packet.end)));
}

/** @param bytes the packet's own, and no others */
function inBytes(packet: PublishPacket, bytes: Buffer): PublishPacket {
  const { start } = packet;
  return {
    ...packet,
    bytes,
    start: 0,
    body: packet.body - start,
    end: packet.end - start,
    topicEnd: packet.topicEnd - start,
    propertiesStart: packet.propertiesStart - start,
    payloadStart: packet.payloadStart - start,
  };
}
