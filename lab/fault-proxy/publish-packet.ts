import type { Publish } from './identity.ts';
import type { Direction } from './toxics.ts';
import {
  INCOMPLETE,
  INVALID,
  readVariableByteInteger,
  sizeOfVariableByteInteger,
  writeVariableByteInteger,
} from './variable-byte-integer.ts';

/** Where the parts of a PUBLISH lie in `bytes` (MQTT 3.1.1 and 5, section 3.3). */
export interface PublishPacket {
  readonly bytes: Buffer;
  readonly start: number;
  /** Of the variable header: the topic's length. */
  readonly body: number;
  readonly end: number;
  readonly qos: 0 | 1 | 2;
  readonly topicEnd: number;
  readonly propertiesStart: number;
  readonly payloadStart: number;
  /** MQTT 5; 0 is none. */
  readonly topicAlias: number;
}

const DUP = 0x08;
const RETAIN = 0x01;
const QOS_SHIFT = 1;
const QOS_MASK = 0x03;
const LENGTH_BYTES = 2;
const PACKET_ID_BYTES = 2;
const MQTT_5 = 5;
const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;

/** How long a property's value is, by its identifier (MQTT 5, 2.2.2.2): of those that a PUBLISH may have. */
const VALUE_SIZES: Readonly<Record<number, (bytes: Buffer, at: number) => number>> = {
  1: () => 1, // payload format indicator
  2: () => 4, // message expiry interval
  3: withLength, // content type
  8: withLength, // response topic
  9: withLength, // correlation data
  11: sizeOfVariableByteInteger, // subscription identifier
  [TOPIC_ALIAS]: () => 2,
  [USER_PROPERTY]: (bytes, at) => {
    const name = withLength(bytes, at);
    return name + withLength(bytes, at + name);
  },
};

/**
 * Reads a PUBLISH, or the beginning of one: payload may be missing.
 * Undefined when it is malformed, or cut off before its payload.
 */
export function parsePublish(
  bytes: Buffer,
  start: number,
  body: number,
  end: number,
  protocol: number,
): PublishPacket | undefined {
  const qos = ((bytes[start] ?? 0) >> QOS_SHIFT) & QOS_MASK;
  if (qos !== 0 && qos !== 1 && qos !== 2) return undefined;
  if (body + LENGTH_BYTES > end) return undefined;
  const topicEnd = body + withLength(bytes, body);
  const propertiesAt = topicEnd + (qos === 0 ? 0 : PACKET_ID_BYTES);
  if (propertiesAt > end) return undefined;
  const packet = { bytes, start, body, end, qos, topicEnd } as const;
  if (protocol < MQTT_5) {
    return { ...packet, propertiesStart: propertiesAt, payloadStart: propertiesAt, topicAlias: 0 };
  }
  const length = readVariableByteInteger(bytes, propertiesAt, end);
  if (length === INCOMPLETE || length === INVALID) return undefined;
  const propertiesStart = propertiesAt + sizeOfVariableByteInteger(bytes, propertiesAt);
  const payloadStart = propertiesStart + length;
  if (payloadStart > end) return undefined;
  let topicAlias = 0;
  const whole = eachProperty(bytes, propertiesStart, payloadStart, (id, at) => {
    if (id === TOPIC_ALIAS) topicAlias = bytes.readUInt16BE(at);
  });
  return whole ? { ...packet, propertiesStart, payloadStart, topicAlias } : undefined;
}

/** Empty when the packet leaves it to its alias. Copied: the packet's bytes may go. */
export function topicBytes({ bytes, body, topicEnd }: PublishPacket): Buffer {
  return Buffer.from(bytes.subarray(body + LENGTH_BYTES, topicEnd));
}

/** Undefined of QoS 0, which has none. */
export function packetIdOf({ bytes, qos, topicEnd }: PublishPacket): number | undefined {
  return qos === 0 ? undefined : bytes.readUInt16BE(topicEnd);
}

/** @param topic as the alias says, when the packet has none of its own */
export function publishOf(packet: PublishPacket, topic: Buffer, clientId: string, direction: Direction): Publish {
  const { bytes, start, end, qos, propertiesStart, payloadStart } = packet;
  const flags = bytes[start] ?? 0;
  return {
    topic: topic.toString(),
    payload: bytes.subarray(payloadStart, end),
    qos,
    retain: (flags & RETAIN) !== 0,
    dup: (flags & DUP) !== 0,
    userProperties: userProperties(bytes, propertiesStart, payloadStart),
    clientId,
    direction,
  };
}

/** The packet once more as its sender repeats it: with DUP, unless it is of QoS 0, where DUP must be 0 (3.3.1.1). */
export function repeated(packet: Buffer, qos: 0 | 1 | 2): Buffer {
  if (qos === 0) return packet;
  const copy = Buffer.from(packet);
  copy[0] = (copy[0] ?? 0) | DUP;
  return copy;
}

/** The packet, or the beginning of one, with its topic spelled out. `missing` bytes of its payload follow elsewhere. */
export function withTopic({ bytes, start, end, topicEnd }: PublishPacket, topic: Buffer, missing = 0): Buffer {
  const afterTopic = bytes.subarray(topicEnd, end);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(topic.length);
  const remaining = writeVariableByteInteger(length.length + topic.length + afterTopic.length + missing);
  return Buffer.concat([bytes.subarray(start, start + 1), remaining, length, topic, afterTopic]);
}

function userProperties(bytes: Buffer, from: number, to: number): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  eachProperty(bytes, from, to, (id, at) => {
    if (id !== USER_PROPERTY) return;
    const valueAt = at + withLength(bytes, at);
    found.push([text(bytes, at), text(bytes, valueAt)]);
  });
  return found;
}

/** Whether all were whole and known. */
function eachProperty(bytes: Buffer, from: number, to: number, see: (id: number, at: number) => void): boolean {
  let at = from;
  while (at < to) {
    const id = bytes[at] ?? 0;
    const next = at + 1 + (VALUE_SIZES[id]?.(bytes, at + 1) ?? Number.POSITIVE_INFINITY);
    if (next > to) return false;
    see(id, at + 1);
    at = next;
  }
  return true;
}

/** Of a string or binary value: its length's two bytes and as many as they say. Beyond the end of the bytes: too many. */
function withLength(bytes: Buffer, at: number): number {
  return LENGTH_BYTES + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}

function text(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at + LENGTH_BYTES, at + withLength(bytes, at));
}
