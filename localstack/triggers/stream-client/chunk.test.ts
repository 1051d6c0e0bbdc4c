import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chunkRecords, readChunk } from './chunk.ts';
import { deliverFrame } from './test-library-decoder.ts';

const NONE = 0;
const GZIP = 1;
const SNAPPY = 2;
const ZSTD = 4;

/** The frame without its size, with a right checksum. */
function summed(frame: Buffer): Buffer {
  const body = Buffer.from(frame.subarray(4));
  body.writeUInt32BE(crc32(body.subarray(53)), 37);
  return body;
}

const record = (text: string) => {
  const bytes = Buffer.alloc(4 + text.length, text);
  bytes.writeUInt32BE(text.length, 0);
  bytes.write(text, 4);
  return bytes;
};

/** A chunk of one batch, then a plain record. */
function batchFrame(compression: number, records: number, packed: Buffer, rawBytes: number): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(0x80 | (compression << 4), 0);
  head.writeUInt16BE(records, 1);
  head.writeUInt32BE(rawBytes, 3);
  head.writeUInt32BE(packed.length, 7);
  const data = Buffer.concat([head, packed, record('last')]);
  const frame = deliverFrame([], 40n);
  frame.writeUInt16BE(2, 11);
  frame.writeUInt32BE(data.length, 45);
  return summed(Buffer.concat([frame, data]));
}

const read = (frame: Buffer) =>
  [...chunkRecords(readChunk(frame))].map(({ offset, bytes, unreadable }) => [offset, unreadable ?? bytes.toString()]);

test('plain records have the offsets that follow the first', () => {
  const frame = summed(deliverFrame([Buffer.from('a'), Buffer.from(''), Buffer.from('c')], 7n));
  expect(read(frame)).toEqual([
    [7n, 'a'],
    [8n, ''],
    [9n, 'c'],
  ]);
});

const raw = Buffer.concat([record('one'), record('two')]);

test.each([
  ['none', NONE, raw],
  ['gzip', GZIP, gzipSync(raw)],
  ['zstd', ZSTD, zstdCompressSync(raw)],
])('a batch packed with %s is read, its offsets counted on', (_, compression, packed) => {
  expect(read(batchFrame(compression, 2, packed, raw.length))).toEqual([
    [40n, 'one'],
    [41n, 'two'],
    [42n, 'last'],
  ]);
});

test.each([
  ['damaged', GZIP, 2, Buffer.from('not gzip'), 100],
  ['of a compression not supported', SNAPPY, 2, raw, raw.length],
  ['that unpacks to more than it says', GZIP, 2, gzipSync(Buffer.alloc(1_000_000)), 10],
])('a batch %s costs its own records only', (_, compression, records, packed, rawBytes) => {
  const [first, second, last] = read(batchFrame(compression, records, packed, rawBytes));
  expect(first).toEqual([40n, expect.stringMatching(/^batch cannot be unpacked/)]);
  expect(second).toEqual([41n, expect.stringMatching(/^batch cannot be unpacked/)]);
  expect(last).toEqual([42n, 'last']);
});

test('a batch with fewer records than it says: what is there is read', () => {
  expect(read(batchFrame(NONE, 4, raw, raw.length))).toEqual([
    [40n, 'one'],
    [41n, 'two'],
    [42n, 'batch ends within record 3 of 4'],
    [43n, 'batch ends within record 3 of 4'],
    [44n, 'last'],
  ]);
});

test('a flipped bit is noticed', () => {
  const frame = summed(deliverFrame([Buffer.from('dose 5 mg')]));
  frame[frame.length - 4] = 0x36;
  expect(() => readChunk(frame)).toThrow(/damaged/);
});
