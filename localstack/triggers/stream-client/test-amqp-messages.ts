import fc from 'fast-check';
import type { DecodedMessage } from './amqp-message.ts';
import type { AmqpValue } from './amqp-value.ts';
import { describedBy, listOf, mapOf, type Sample, uint32, values } from './test-amqp-values.ts';

/** A message's bytes, and what they must decode to. */
export interface MessageSample {
  readonly bytes: Buffer;
  readonly message: DecodedMessage;
}

type Section = { readonly bytes: Buffer; readonly name: string; readonly value: unknown };

const NULL: Sample = { bytes: Buffer.of(0x40), value: null };
const variable = (code: number, bytes: Buffer, value: AmqpValue): Sample => ({
  bytes: Buffer.concat([Buffer.of(code), uint32(bytes.length), bytes]),
  value,
});
const uuid = (hex: string): Sample => ({
  bytes: Buffer.concat([Buffer.of(0x98), Buffer.from(hex.replaceAll('-', ''), 'hex')]),
  value: hex,
});
const texts = fc.string({ maxLength: 10, unit: 'binary' }).map((text) => variable(0xb1, Buffer.from(text), text));
const symbols = fc
  .string({ maxLength: 10, unit: 'binary-ascii' })
  .map((text) => variable(0xb3, Buffer.from(text), text));
const binaries = fc.uint8Array({ maxLength: 30 }).map((all) => variable(0xb0, Buffer.from(all), Buffer.from(all)));
const booleans = fc.boolean().map((value): Sample => ({ bytes: Buffer.of(value ? 0x41 : 0x42), value }));
const uints = fc.nat().map((value): Sample => ({ bytes: Buffer.concat([Buffer.of(0x70), uint32(value)]), value }));
const ulongs = fc.nat(255).map((value): Sample => ({ bytes: Buffer.of(0x53, value), value: BigInt(value) }));
const times = fc.nat().map((ms): Sample => {
  return { bytes: Buffer.concat([Buffer.of(0x83), uint32(0), uint32(ms)]), value: new Date(ms) };
});
const ids = fc.oneof(texts, binaries, ulongs, fc.uuid().map(uuid));

const HEADER = { durable: booleans, priority: uints, ttlMs: uints, firstAcquirer: booleans, deliveryCount: uints };
const PROPERTIES = {
  messageId: ids,
  userId: binaries,
  to: texts,
  subject: texts,
  replyTo: texts,
  correlationId: ids,
  contentType: symbols,
  contentEncoding: symbols,
  absoluteExpiryTime: times,
  creationTime: times,
  groupId: texts,
  groupSequence: uints,
  replyToGroupId: texts,
};

/** The descriptor in each of the forms that the specification allows. */
function descriptors(code: number, symbol: string): fc.Arbitrary<Sample> {
  const wide = Buffer.concat([Buffer.of(0x80), uint32(0), uint32(code)]);
  return fc.constantFrom(
    { bytes: Buffer.of(0x53, code), value: BigInt(code) },
    { bytes: wide, value: BigInt(code) },
    variable(0xb3, Buffer.from(symbol), symbol),
  );
}

function section(code: number, symbol: string, name: string, held: fc.Arbitrary<Sample & { expected?: unknown }>) {
  return fc.tuple(descriptors(code, symbol), held).map(([descriptor, sample]): Section => {
    return { bytes: describedBy(descriptor, sample).bytes, name, value: sample.expected ?? sample.value };
  });
}

/** A list of fields, some null, cut off anywhere. */
function composite(fields: Record<string, fc.Arbitrary<Sample>>) {
  const some = Object.values(fields).map((field) => fc.option(field, { nil: NULL, freq: 1 }));
  return fc.tuple(fc.tuple(...some), fc.nat(some.length), fc.boolean()).map(([all, length, wide]) => {
    const kept = all.slice(0, length);
    const names = Object.keys(fields);
    const present = kept.flatMap(({ value }, index) => (value === null ? [] : [[names[index], value] as const]));
    return { ...listOf(kept, wide), expected: Object.fromEntries(present) };
  });
}

const maps = (keys: fc.Arbitrary<Sample>) =>
  fc.tuple(fc.array(fc.tuple(keys, values), { maxLength: 4 }), fc.boolean()).map(([pairs, wide]) => mapOf(pairs, wide));
const lists = fc.tuple(fc.array(values, { maxLength: 4 }), fc.boolean()).map(([all, wide]) => listOf(all, wide));
const maybe = (sections: fc.Arbitrary<Section>) => fc.option(sections, { nil: undefined, freq: 1 });

const bodies: fc.Arbitrary<Section[]> = fc.oneof(
  fc.constant<Section[]>([]),
  fc.array(section(0x75, 'amqp:data:binary', 'data', binaries), { minLength: 1, maxLength: 3 }),
  fc.array(section(0x76, 'amqp:amqp-sequence:list', 'sequence', lists), { minLength: 1, maxLength: 3 }),
  section(0x77, 'amqp:amqp-value:*', 'value', values).map((value) => [value]),
);

function expected(sections: readonly Section[], body: readonly Section[]): DecodedMessage {
  const named = Object.fromEntries(sections.map(({ name, value }) => [name, value]));
  const all = body.map(({ value }) => value);
  const [first] = body;
  const content = first?.name === 'data' ? Buffer.concat(all as Buffer[]) : Buffer.alloc(0);
  const kinds: Record<string, unknown> = {
    data: { kind: 'data', parts: all },
    sequence: { kind: 'sequence', lists: all },
    value: { kind: 'value', value: first?.value },
  };
  return { ...named, body: kinds[first?.name ?? ''] ?? { kind: 'none' }, content } as DecodedMessage;
}

export const messages: fc.Arbitrary<MessageSample> = fc
  .tuple(
    maybe(section(0x70, 'amqp:header:list', 'header', composite(HEADER))),
    maybe(section(0x71, 'amqp:delivery-annotations:map', 'deliveryAnnotations', maps(fc.oneof(symbols, ulongs)))),
    maybe(section(0x72, 'amqp:message-annotations:map', 'messageAnnotations', maps(fc.oneof(symbols, ulongs)))),
    maybe(section(0x73, 'amqp:properties:list', 'properties', composite(PROPERTIES))),
    maybe(section(0x74, 'amqp:application-properties:map', 'applicationProperties', maps(texts))),
    bodies,
    maybe(section(0x78, 'amqp:footer:map', 'footer', maps(symbols))),
  )
  .map(([header, delivery, annotations, properties, application, body, footer]) => {
    const before = [header, delivery, annotations, properties, application].filter((one) => one !== undefined);
    const after = footer === undefined ? [] : [footer];
    const bytes = Buffer.concat([...before, ...body, ...after].map((one) => one.bytes));
    return { bytes, message: expected([...before, ...after], body) };
  });
