// What is bundled for k6, which has no npm packages: mqtt-packet, with text conversions that run natively. The Buffer of npm
// converts text byte by byte in JavaScript, which k6 interprets: 1.1 ms for 300 characters, 5 µs this way.
import { Buffer } from 'buffer/index.js';
import encoding from 'k6/encoding';
import mqtt, { type Packet } from 'mqtt-packet';
import { quickPublish } from './quick-publish.ts';

/** Bounds the memory of texts met before: a text is asked for twice, for its length and for its bytes. */
const MAX_KNOWN_TEXTS = 64;

// By default every VU builds a table of 65,536 buffers first: a quarter of a second each.
mqtt.writeToStream.cacheNumbers = false;

const utf8 = (text: string): ArrayBuffer => encoding.b64decode(encoding.b64encode(text));

const knownTexts = new Map<string, Uint8Array>();

function bytesOf(text: string): Uint8Array {
  const known = knownTexts.get(text);
  if (known) return known;
  if (knownTexts.size >= MAX_KNOWN_TEXTS) knownTexts.clear();
  const bytes = new Uint8Array(utf8(text));
  knownTexts.set(text, bytes);
  return bytes;
}

/** UTF-8 bytes as text. */
export function textOf(bytes: Uint8Array): string {
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return encoding.b64decode(encoding.b64encode(whole), 'std', 's');
}

const isUtf8 = (name: string | undefined) => name === undefined || name === 'utf8' || name === 'utf-8';

const slowByteLength = Buffer.byteLength;
Buffer.byteLength = (value, name) =>
  typeof value === 'string' && isUtf8(name) ? bytesOf(value).length : slowByteLength(value, name);

const slowToString = Buffer.prototype.toString;
Buffer.prototype.toString = function (this: Buffer, name?: string, start = 0, end = this.length) {
  return isUtf8(name) ? textOf(this.subarray(start, end)) : slowToString.call(this, name, start, end);
};

/** Where mqtt-packet writes the parts of a packet to. */
class Parts {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  write(part: string | Uint8Array): boolean {
    const bytes = typeof part === 'string' ? bytesOf(part) : part;
    this.parts.push(bytes);
    this.length += bytes.length;
    return true;
  }

  /** mqtt-packet calls this with what is wrong with the packet. */
  destroy(fault: Error): never {
    throw fault;
  }

  joined(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

export type ProtocolVersion = 4 | 5;

/** A packet's bytes. Throws what mqtt-packet finds wrong with it. */
export function encodePacket(packet: Packet, protocolVersion: ProtocolVersion): ArrayBuffer {
  const quick = packet.cmd === 'publish' ? quickPublish(packet, protocolVersion, utf8) : undefined;
  if (quick) return quick;
  const parts = new Parts();
  mqtt.writeToStream(packet, parts as unknown as NodeJS.WritableStream, { protocolVersion });
  const { buffer } = parts.joined();
  // mqtt-packet writes nothing, and says nothing, when it is given user properties without any.
  if (!isOnePacket(buffer)) throw new Error(`the ${packet.cmd} cannot be written as MQTT`);
  return buffer;
}

/**
 * Takes the bytes of a connection as they come, in pieces of any size, and hands on whole packets.
 * @param onFault bytes that are no MQTT; nothing is handed on after it
 */
export function packetReader(
  protocolVersion: ProtocolVersion,
  onPacket: (packet: Packet) => void,
  onFault: (fault: Error) => void,
): (bytes: ArrayBuffer) => void {
  const parser = mqtt.parser({ protocolVersion });
  let broken = false;
  const onBroken = (fault: Error) => {
    if (!broken) onFault(fault);
    broken = true;
  };
  parser.on('packet', onPacket);
  parser.on('error', onBroken);
  // As long as each piece has been one whole packet, the parser holds no part of one.
  let whole = true;
  return (bytes) => {
    if (broken) return;
    const puback = whole ? plainPuback(new Uint8Array(bytes)) : undefined;
    if (puback) {
      onPacket(puback);
      return;
    }
    whole &&= isOnePacket(bytes);
    parser.parse(Buffer.from(bytes) as unknown as globalThis.Buffer);
  };
}

/** First byte of a PUBACK (MQTT 5, section 3.4). */
const PUBACK = 0x40;
/** Type, remaining length, packet id in two; a reason code and the length of the properties may follow. */
const PUBACK_BYTES = { shortest: 4, longest: 6 };

/** A PUBACK without properties: half of what a publisher of QoS 1 reads, and ten times as fast this way. */
function plainPuback(all: Uint8Array): Packet | undefined {
  const { length } = all;
  if (all[0] !== PUBACK || length < PUBACK_BYTES.shortest || length > PUBACK_BYTES.longest) return undefined;
  if (all[1] !== length - 2 || (all[PUBACK_BYTES.longest - 1] ?? 0) !== 0) return undefined;
  return { cmd: 'puback', messageId: (all[2] ?? 0) * 256 + (all[3] ?? 0), reasonCode: all[4] ?? 0 };
}

/** The remaining length of a packet has up to four bytes of seven bits each (MQTT 5, section 2.1.4). */
const LENGTH_BYTES = 4;

/** Whether a piece is one packet from its first byte to its last. */
function isOnePacket(bytes: ArrayBuffer): boolean {
  const all = new Uint8Array(bytes);
  let length = 0;
  for (let at = 1; at <= LENGTH_BYTES; at++) {
    const byte = all[at] ?? 0;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return all.length === 1 + at + length;
  }
  return false;
}
