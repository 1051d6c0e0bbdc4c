import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';

export type Protocol = 4 | 5;

const id = fc.integer({ min: 1, max: 65_535 });
const name = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/[#+$]/g, '-'));
const topic = fc.array(name, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const payload = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 20_000, maxLength: 40_000, size: 'max' }) },
);
// The generator writes nothing at all when there are no user properties in the object.
const userProperties = fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 20 }), { minKeys: 1, maxKeys: 3 });

/** A PUBLISH without topic alias. */
export function publishes(protocol: Protocol): fc.Arbitrary<Packet> {
  return fc
    .record({ topic, qos, payload, retain: fc.boolean(), messageId: id, userProperties, correlation: payload })
    .map(({ userProperties: properties, correlation, payload: bytes, ...rest }) => ({
      ...rest,
      cmd: 'publish' as const,
      dup: false,
      payload: Buffer.from(bytes),
      ...(protocol === 5
        ? { properties: { userProperties: properties, correlationData: Buffer.from(correlation.slice(0, 50)) } }
        : {}),
    }));
}

/** All else that both sides may say after CONNECT. */
export const others: fc.Arbitrary<Packet> = fc.oneof(
  ...(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).map((cmd) =>
    id.map((messageId): Packet => ({ cmd, messageId, reasonCode: 0 }) as Packet),
  ),
  fc
    .record({ messageId: id, topic, qos })
    .map(({ messageId, ...subscription }): Packet => ({ cmd: 'subscribe', messageId, subscriptions: [subscription] })),
  fc.constantFrom<Packet>({ cmd: 'pingreq' }, { cmd: 'pingresp' }),
);

export function bytesOf(packet: Packet, protocol: Protocol): Buffer {
  const bytes = generate(packet, { protocolVersion: protocol });
  if (bytes.length === 0) throw new Error(`the generator does not know ${JSON.stringify(packet)}`);
  return bytes;
}

export const connectOf = (protocol: Protocol, clientId: string): Buffer =>
  generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: protocol, clean: true, clientId, keepalive: 30 });

/** The same bytes, cut anywhere. */
export function chunked(bytes: Buffer): fc.Arbitrary<Buffer[]> {
  return fc
    .array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 })
    .map((cuts) => [0, ...cuts, bytes.length].toSorted((a, b) => a - b))
    .map((at) => at.slice(1).map((end, i) => bytes.subarray(at[i], end)));
}
