import fc from 'fast-check';
import type { AmqpValue } from './amqp-value.ts';

/** AMQP 1.0 values with what they must decode to; an encoder of the tests' own, from the specification (part 1, 1.6). */
export interface Sample {
  readonly bytes: Buffer;
  readonly value: AmqpValue;
}

/** A value without its constructor, as an array holds it. */
interface Body {
  readonly body: Buffer;
  readonly value: AmqpValue;
}
type Kind = readonly [code: number, bodies: fc.Arbitrary<Body>];

const EMPTY = Buffer.alloc(0);

function written(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}

export const uint32 = (value: number) => written(4, (bytes) => bytes.writeUInt32BE(value));
const sized = (wide: boolean, bytes: Buffer) =>
  Buffer.concat([wide ? uint32(bytes.length) : Buffer.of(bytes.length), bytes]);

const constant = (value: AmqpValue): fc.Arbitrary<Body> => fc.constant({ body: EMPTY, value });

function fixed<T extends AmqpValue>(length: number, values: fc.Arbitrary<T>, write: (bytes: Buffer, value: T) => void) {
  return values.map((value): Body => ({ body: written(length, (bytes) => write(bytes, value)), value }));
}

const int = (min: number, max: number) => fc.integer({ min, max });
const big = (min: bigint, max: bigint) => fc.bigInt({ min, max });
const raw = (min: number, max = min) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes));
const binary = (wide: boolean) => raw(0, 20).map((value): Body => ({ body: sized(wide, value), value }));
const wellFormed = fc.string({ maxLength: 12, unit: 'binary' });
const ascii = fc.string({ maxLength: 12, unit: 'binary-ascii' });
const text = (wide: boolean, texts: fc.Arbitrary<string>) =>
  texts.map((value): Body => ({ body: sized(wide, Buffer.from(value, 'utf8')), value }));
const decimal = (length: number) => raw(length).map((body): Body => ({ body, value: { decimal: body } }));

const INT64_MAX = 2n ** 63n - 1n;
const DATE_MAX_MS = 8_640_000_000_000_000n;
const int64 = big(-INT64_MAX - 1n, INT64_MAX);
const someTimes = fc.oneof(
  int64,
  big(0n, 4_102_444_800_000n),
  fc.constantFrom(DATE_MAX_MS, -DATE_MAX_MS, DATE_MAX_MS + 1n),
);
const timestamp = someTimes.map((ms): Body => {
  const inDate = ms <= DATE_MAX_MS && ms >= -DATE_MAX_MS;
  return { body: written(8, (bytes) => bytes.writeBigInt64BE(ms)), value: inDate ? new Date(Number(ms)) : ms };
});
const uuid = raw(16).map((body): Body => {
  const hex = body.toString('hex');
  return { body, value: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
});
const char = fc
  .oneof(int(0, 0xd7ff), int(0xe000, 0x10ffff))
  .map((point): Body => ({ body: uint32(point), value: String.fromCodePoint(point) }));

/** Every primitive encoding of the specification. */
const PRIMITIVES: readonly Kind[] = [
  [0x40, constant(null)],
  [0x41, constant(true)],
  [0x42, constant(false)],
  [0x43, constant(0)],
  [0x44, constant(0n)],
  [0x50, fixed(1, int(0, 0xff), (bytes, value) => bytes.writeUInt8(value))],
  [0x51, fixed(1, int(-0x80, 0x7f), (bytes, value) => bytes.writeInt8(value))],
  [0x52, fixed(1, int(0, 0xff), (bytes, value) => bytes.writeUInt8(value))],
  [0x53, fixed(1, big(0n, 0xffn), (bytes, value) => bytes.writeUInt8(Number(value)))],
  [0x54, fixed(1, int(-0x80, 0x7f), (bytes, value) => bytes.writeInt8(value))],
  [0x55, fixed(1, big(-0x80n, 0x7fn), (bytes, value) => bytes.writeInt8(Number(value)))],
  [0x56, fixed(1, fc.boolean(), (bytes, value) => bytes.writeUInt8(value ? 1 : 0))],
  [0x60, fixed(2, int(0, 0xffff), (bytes, value) => bytes.writeUInt16BE(value))],
  [0x61, fixed(2, int(-0x8000, 0x7fff), (bytes, value) => bytes.writeInt16BE(value))],
  [0x70, fixed(4, int(0, 0xffffffff), (bytes, value) => bytes.writeUInt32BE(value))],
  [0x71, fixed(4, int(-0x80000000, 0x7fffffff), (bytes, value) => bytes.writeInt32BE(value))],
  [0x72, fixed(4, fc.float(), (bytes, value) => bytes.writeFloatBE(value))],
  [0x73, char],
  [0x74, decimal(4)],
  [0x80, fixed(8, big(0n, 2n ** 64n - 1n), (bytes, value) => bytes.writeBigUInt64BE(value))],
  [0x81, fixed(8, int64, (bytes, value) => bytes.writeBigInt64BE(value))],
  [0x82, fixed(8, fc.double(), (bytes, value) => bytes.writeDoubleBE(value))],
  [0x83, timestamp],
  [0x84, decimal(8)],
  [0x94, decimal(16)],
  [0x98, uuid],
  [0xa0, binary(false)],
  [0xb0, binary(true)],
  [0xa1, text(false, wellFormed)],
  [0xb1, text(true, wellFormed)],
  [0xa3, text(false, ascii)],
  [0xb3, text(true, ascii)],
];

const withCode = (code: number, { body, value }: Body): Sample => ({
  bytes: Buffer.concat([Buffer.of(code), body]),
  value,
});

export const primitives: readonly fc.Arbitrary<Sample>[] = PRIMITIVES.map(([code, bodies]) =>
  bodies.map((body) => withCode(code, body)),
);

/** Size, count and what they hold; the narrow form where it fits and `wide` does not ask for the other. */
function compound(narrowCode: number, wide: boolean, count: number, held: Buffer): { code: number; body: Buffer } {
  const isWide = wide || held.length > 254 || count > 255;
  const counted = Buffer.concat([isWide ? uint32(count) : Buffer.of(count), held]);
  return { code: isWide ? narrowCode + 0x10 : narrowCode, body: sized(isWide, counted) };
}

export function listOf(samples: readonly Sample[], wide: boolean): Sample {
  const { code, body } = compound(0xc0, wide, samples.length, Buffer.concat(samples.map(({ bytes }) => bytes)));
  return withCode(code, { body, value: samples.map(({ value }) => value) });
}

export function mapOf(pairs: readonly (readonly [Sample, Sample])[], wide: boolean): Sample {
  const held = Buffer.concat(pairs.flatMap(([key, value]) => [key.bytes, value.bytes]));
  const { code, body } = compound(0xc1, wide, pairs.length * 2, held);
  return withCode(code, { body, value: new Map(pairs.map(([key, { value }]) => [key.value, value])) });
}

export function describedBy(descriptor: Sample, described: Sample): Sample {
  const value = { descriptor: descriptor.value, value: described.value };
  return { bytes: Buffer.concat([Buffer.of(0), descriptor.bytes, described.bytes]), value };
}

/** Elements of one constructor, which may have a descriptor. */
const arrays = fc
  .tuple(fc.constantFrom(...PRIMITIVES), fc.option(fc.oneof(...primitives), { nil: undefined }), fc.boolean())
  .chain(([[code, bodies], descriptor, wide]) =>
    fc.array(bodies, { maxLength: 4 }).map((elements): Sample => {
      const head = descriptor ? [Buffer.of(0), descriptor.bytes, Buffer.of(code)] : [Buffer.of(code)];
      const held = Buffer.concat([...head, ...elements.map(({ body }) => body)]);
      const array = compound(0xe0, wide, elements.length, held);
      const value = elements.map(({ value }) => (descriptor ? { descriptor: descriptor.value, value } : value));
      return withCode(array.code, { body: array.body, value });
    }),
  );

/** Any value, nested a few deep. */
export const values: fc.Arbitrary<Sample> = fc.letrec<{ any: Sample }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    ...primitives,
    { arbitrary: fc.constant<Sample>({ bytes: Buffer.of(0x45), value: [] }), weight: 1 },
    { arbitrary: arrays, weight: 4 },
    {
      arbitrary: fc.tuple(fc.array(tie('any'), { maxLength: 4 }), fc.boolean()).map(([all, wide]) => listOf(all, wide)),
      weight: 4,
    },
    {
      arbitrary: fc
        .tuple(fc.array(fc.tuple(fc.oneof(...primitives), tie('any')), { maxLength: 3 }), fc.boolean())
        .map(([pairs, wide]) => mapOf(pairs, wide)),
      weight: 4,
    },
    {
      arbitrary: fc.tuple(fc.oneof(...primitives), tie('any')).map(([name, value]) => describedBy(name, value)),
      weight: 3,
    },
  ),
})).any;
