import { readVariableByteInteger, sizeOfVariableByteInteger } from './variable-byte-integer.ts';

export interface ConnectPacket {
  /** 3: MQTT 3.1, 4: 3.1.1, 5: 5. */
  readonly protocol: 3 | 4 | 5;
  /** Empty when the broker is to assign one. */
  readonly clientId: string;
}

const TYPE_AND_FLAGS = 0x10;
const LENGTH_BYTES = 2;
/** mosquitto's bridges set the highest bit of the protocol level. */
const BRIDGE = 0x80;
/** Connect flags (1 byte) and keep alive (2 bytes) follow the protocol level. */
const FLAGS_AND_KEEP_ALIVE_BYTES = 3;
const MQTT_5 = 5;

/** Reads protocol and client id of a CONNECT (MQTT 3.1.1 and 5, section 3.1); undefined when it is none. */
export function parseConnect(bytes: Buffer, start: number, body: number, end: number): ConnectPacket | undefined {
  if (bytes[start] !== TYPE_AND_FLAGS || body + LENGTH_BYTES > end) return undefined;
  const levelAt = body + LENGTH_BYTES + bytes.readUInt16BE(body);
  if (levelAt >= end) return undefined;
  const name = bytes.toString('latin1', body + LENGTH_BYTES, levelAt);
  const protocol = (bytes[levelAt] ?? 0) & ~BRIDGE;
  if (!namedProtocols(name).includes(protocol)) return undefined;
  if (protocol !== 3 && protocol !== 4 && protocol !== MQTT_5) return undefined;
  return { protocol, clientId: clientIdAt(bytes, levelAt + 1 + FLAGS_AND_KEEP_ALIVE_BYTES, end, protocol) };
}

function namedProtocols(name: string): readonly number[] {
  if (name === 'MQIsdp') return [3];
  return name === 'MQTT' ? [4, MQTT_5] : [];
}

/** The payload's first field, behind the properties of MQTT 5. Empty when the packet ends before. */
function clientIdAt(bytes: Buffer, behindKeepAlive: number, end: number, protocol: number): string {
  let at = behindKeepAlive;
  if (protocol === MQTT_5) {
    const length = readVariableByteInteger(bytes, at, end);
    if (length < 0) return '';
    at += sizeOfVariableByteInteger(bytes, at) + length;
  }
  if (at + LENGTH_BYTES > end) return '';
  const idEnd = at + LENGTH_BYTES + bytes.readUInt16BE(at);
  return idEnd > end ? '' : bytes.toString('utf8', at + LENGTH_BYTES, idEnd);
}
