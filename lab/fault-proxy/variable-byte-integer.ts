/** MQTT 5, 1.5.5: seven bits a byte, lowest first, the eighth says that more follow; four bytes at most. */
export const LARGEST = 268_435_455;
const MOST_BYTES = 4;
const BITS_A_BYTE = 7;
const VALUE_MASK = 0x7f;
const MORE = 0x80;

export const INCOMPLETE = -1;
export const INVALID = -2;

/** The value that begins at `at`, INCOMPLETE when it goes on behind `end`, INVALID when it has a fifth byte. */
export function readVariableByteInteger(bytes: Buffer, at: number, end: number): number {
  let value = 0;
  for (let i = 0; i < MOST_BYTES; i += 1) {
    if (at + i >= end) return INCOMPLETE;
    const byte = bytes[at + i] ?? 0;
    value |= (byte & VALUE_MASK) << (BITS_A_BYTE * i);
    if ((byte & MORE) === 0) return value;
  }
  return INVALID;
}

/** How many bytes the integer at `at` takes; only for one that was read. */
export function sizeOfVariableByteInteger(bytes: Buffer, at: number): number {
  let size = 1;
  while (((bytes[at + size - 1] ?? 0) & MORE) !== 0) size += 1;
  return size;
}

/** Throws RangeError above LARGEST. */
export function writeVariableByteInteger(value: number): Buffer {
  if (value > LARGEST) throw new RangeError(`${value} does not fit into a variable byte integer`);
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= BITS_A_BYTE) {
    if (rest <= VALUE_MASK) return Buffer.from([...bytes, rest]);
    bytes.push((rest & VALUE_MASK) | MORE);
  }
}
