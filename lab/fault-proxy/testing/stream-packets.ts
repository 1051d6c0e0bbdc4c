import { type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import type { Protocol } from './packets.ts';

/** Packets of a stream of bytes that begins behind CONNECT. Throws when they are malformed. */
export function packetsIn(bytes: Buffer, protocol: Protocol): Packet[] {
  const found: Packet[] = [];
  const reader = parser({ protocolVersion: protocol });
  reader.on('packet', (packet) => found.push(packet));
  reader.on('error', (error) => {
    throw error;
  });
  const left = reader.parse(bytes);
  if (left !== 0) throw new Error(`${left} bytes are no whole packet`);
  return found;
}

export const isPublish = (packet: Packet): packet is IPublishPacket => packet.cmd === 'publish';

/** What a receiver takes these for: topics as it resolves aliases. Throws for an alias that it was never told. */
export function asReceived(packets: readonly IPublishPacket[]): { topic: string; payload: string; dup: boolean }[] {
  const aliases = new Map<number, string>();
  return packets.map(({ topic, payload, dup, properties }) => {
    const alias = properties?.topicAlias;
    if (alias !== undefined && topic !== '') aliases.set(alias, topic);
    const meant = topic === '' ? aliases.get(alias ?? 0) : topic;
    if (meant === undefined) throw new Error(`alias ${alias} was never set`);
    return { topic: meant, payload: payload.toString(), dup };
  });
}
