/** A described value whose descriptor means nothing here. */
interface AmqpDescribed {
  readonly descriptor: AmqpValue;
  readonly value: AmqpValue;
}

/** decimal32, decimal64 or decimal128 as it came (IEEE 754-2008, big endian): no JavaScript type holds one. */
interface AmqpDecimal {
  readonly decimal: Buffer;
}

/**
 * An AMQP 1.0 value. Integers of up to 32 bits, float and double are numbers; ulong and long bigints; string, symbol,
 * char and uuid (8-4-4-4-12) strings; a timestamp a Date, or a bigint of ms where no Date reaches; list and array are
 * arrays. Maps stay Maps, so that no key (`__proto__`) means more than itself. Buffers are views of the bytes given.
 */
export type AmqpValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Buffer
  | AmqpDecimal
  | AmqpDescribed
  | readonly AmqpValue[]
  | AmqpMap;
export type AmqpMap = ReadonlyMap<AmqpValue, AmqpValue>;

/** Why bytes are no AMQP value. Stays inside the decoder. */
export class AmqpDecodeError extends Error {}
