import { isUtf8 } from 'node:buffer';
import { AmqpDecodeError, type AmqpMap, type AmqpValue } from './amqp-value.ts';

/** RabbitMQ itself nests 2 deep; 32 leaves room and cannot exhaust the stack. */
const DEPTH_MAX = 32;
/** Each value takes a byte at least, but for an array of nulls or booleans: those may have this many more. */
const VALUES_EXTRA = 255;
/** ECMA-262, time values: ±8.64e15 ms. */
const DATE_MAX_MS = 8_640_000_000_000_000n;
const DESCRIBED = 0x00;

/** Reads AMQP 1.0 values (OASIS AMQP 1.0 part 1, section 1.6) one after the other; time and memory linear in the bytes. */
export class AmqpReader {
  private readonly bytes: Buffer;
  private at = 0;
  private end: number;
  private valuesLeft: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.valuesLeft = bytes.length + VALUES_EXTRA;
  }

  get atEnd(): boolean {
    return this.at === this.end;
  }

  /** @throws AmqpDecodeError */
  read(depth = 0): AmqpValue {
    const code = this.byte();
    if (code !== DESCRIBED) return this.readAs(code, depth);
    this.descend(depth);
    const descriptor = this.read(depth + 1);
    return { descriptor, value: this.read(depth + 1) };
  }

  /** Where `length` bytes begin, which are then taken. */
  private take(length: number): number {
    const from = this.at;
    if (length > this.end - from)
      throw new AmqpDecodeError(`${length} bytes wanted at byte ${from}, ${this.end - from} left`);
    this.at = from + length;
    return from;
  }

  private byte(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  private size(wide: boolean): number {
    return wide ? this.bytes.readUInt32BE(this.take(4)) : this.byte();
  }

  private slice(length: number): Buffer {
    const from = this.take(length);
    return this.bytes.subarray(from, from + length);
  }

  private descend(depth: number): void {
    if (depth >= DEPTH_MAX) throw new AmqpDecodeError(`nested more than ${DEPTH_MAX} deep`);
  }

  private text(length: number): string {
    const bytes = this.slice(length);
    if (!isUtf8(bytes)) throw new AmqpDecodeError('text that is not UTF-8');
    return bytes.toString('utf8');
  }

  private readAs(code: number, depth: number): AmqpValue {
    this.valuesLeft -= 1;
    if (this.valuesLeft < 0) throw new AmqpDecodeError('more values than bytes');
    const { bytes } = this;
    switch (code) {
      case 0x40:
        return null;
      case 0x41:
        return true;
      case 0x42:
        return false;
      case 0x43:
        return 0;
      case 0x44:
        return 0n;
      case 0x45:
        return [];
      case 0x50:
      case 0x52:
        return this.byte();
      case 0x51:
      case 0x54:
        return bytes.readInt8(this.take(1));
      case 0x53:
        return BigInt(this.byte());
      case 0x55:
        return BigInt(bytes.readInt8(this.take(1)));
      case 0x56:
        return this.boolean();
      case 0x60:
        return bytes.readUInt16BE(this.take(2));
      case 0x61:
        return bytes.readInt16BE(this.take(2));
      case 0x70:
        return bytes.readUInt32BE(this.take(4));
      case 0x71:
        return bytes.readInt32BE(this.take(4));
      case 0x72:
        return bytes.readFloatBE(this.take(4));
      case 0x73:
        return this.char();
      case 0x74:
        return { decimal: this.slice(4) };
      case 0x80:
        return bytes.readBigUInt64BE(this.take(8));
      case 0x81:
        return bytes.readBigInt64BE(this.take(8));
      case 0x82:
        return bytes.readDoubleBE(this.take(8));
      case 0x83:
        return this.timestamp();
      case 0x84:
        return { decimal: this.slice(8) };
      case 0x94:
        return { decimal: this.slice(16) };
      case 0x98:
        return this.uuid();
      case 0xa0:
      case 0xb0:
        return this.slice(this.size(code === 0xb0));
      case 0xa1:
      case 0xa3:
      case 0xb1:
      case 0xb3:
        return this.text(this.size(code >= 0xb0));
      case 0xc0:
      case 0xd0:
        return this.compound(code === 0xd0, depth, (count) => this.list(count, depth));
      case 0xc1:
      case 0xd1:
        return this.compound(code === 0xd1, depth, (count) => this.map(count, depth));
      case 0xe0:
      case 0xf0:
        return this.compound(code === 0xf0, depth, (count) => this.array(count, depth));
      default:
        throw new AmqpDecodeError(`unknown constructor 0x${code.toString(16).padStart(2, '0')}`);
    }
  }

  private boolean(): boolean {
    const value = this.byte();
    if (value > 1) throw new AmqpDecodeError(`boolean ${value}`);
    return value === 1;
  }

  private char(): string {
    const point = this.bytes.readUInt32BE(this.take(4));
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw new AmqpDecodeError(`char ${point} is no Unicode`);
    return String.fromCodePoint(point);
  }

  private timestamp(): Date | bigint {
    const ms = this.bytes.readBigInt64BE(this.take(8));
    return ms > DATE_MAX_MS || ms < -DATE_MAX_MS ? ms : new Date(Number(ms));
  }

  private uuid(): string {
    const hex = this.slice(16).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** A size and a count, and what they hold, which must end where the size says. */
  private compound<T>(wide: boolean, depth: number, read: (count: number) => T): T {
    this.descend(depth);
    const size = this.size(wide);
    const start = this.at;
    const outerEnd = this.end;
    if (size > outerEnd - start) throw new AmqpDecodeError(`a compound of ${size} bytes, ${outerEnd - start} left`);
    this.end = start + size;
    const value = read(this.size(wide));
    if (!this.atEnd) throw new AmqpDecodeError(`${this.end - this.at} bytes left over in a compound`);
    this.end = outerEnd;
    return value;
  }

  private list(count: number, depth: number): AmqpValue[] {
    const values: AmqpValue[] = [];
    for (let index = 0; index < count; index += 1) values.push(this.read(depth + 1));
    return values;
  }

  private map(count: number, depth: number): AmqpMap {
    if (count % 2 === 1) throw new AmqpDecodeError('a map with a key and no value');
    const entries = new Map<AmqpValue, AmqpValue>();
    for (let index = 0; index < count; index += 2) entries.set(this.read(depth + 1), this.read(depth + 1));
    return entries;
  }

  /** One constructor for all elements; descriptors, if any, wrap each. */
  private array(count: number, depth: number): AmqpValue[] {
    const descriptors: AmqpValue[] = [];
    let code = this.byte();
    for (; code === DESCRIBED; code = this.byte()) {
      this.descend(depth + descriptors.length);
      descriptors.unshift(this.read(depth + 1));
    }
    const values: AmqpValue[] = [];
    for (let index = 0; index < count; index += 1) {
      const element = this.readAs(code, depth + 1);
      values.push(descriptors.reduce<AmqpValue>((value, descriptor) => ({ descriptor, value }), element));
    }
    return values;
  }
}
