import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFramer } from './framer.ts';
import { bytesOf, chunked, others, publishes } from './testing/packets.ts';

const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`laws of framing: seed ${seed}`);
const RUNS = 300;
const LARGEST_BYTES = 1_000_000;

/** What a framer makes of the chunks; chunks are overwritten afterwards only when the framer has let go of them. */
function framed(chunks: readonly Buffer[], largestBytes = LARGEST_BYTES) {
  const parts: { kind: string; bytes: Buffer }[] = [];
  const note = (kind: string, bytes: Buffer, start: number, end: number) =>
    parts.push({ kind, bytes: Buffer.from(bytes.subarray(start, end)) });
  const framer = createFramer(
    {
      packet: (bytes, start, _body, end) => note('packet', bytes, start, end),
      head: (bytes, start, _body, end) => note('head', bytes, start, end),
      rest: (bytes, start, end) => note('rest', bytes, start, end),
      raw: (bytes, start, end) => note('raw', bytes, start, end),
    },
    largestBytes,
  );
  for (const chunk of chunks) framer.push(chunk);
  framer.end();
  return { parts, joined: Buffer.concat(parts.map(({ bytes }) => bytes)) };
}

const packets = fc.constantFrom(4 as const, 5 as const).chain((protocol) =>
  fc.array(
    fc.oneof(publishes(protocol), others).map((packet) => bytesOf(packet, protocol)),
    { maxLength: 12 },
  ),
);
const stream = packets.chain((list) => chunked(Buffer.concat(list)).map((chunks) => ({ list, chunks })));

describe('framing', () => {
  test('any packets in any chunks come out as the same packets', () => {
    fc.assert(
      fc.property(stream, ({ list, chunks }) => {
        const { parts } = framed(chunks);
        expect(parts.map(({ kind }) => kind)).toEqual(list.map(() => 'packet'));
        parts.forEach(({ bytes }, i) => {
          expect(bytes.equals(list[i] ?? Buffer.alloc(0))).toBe(true);
        });
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('packets too large come in pieces, and those behind them whole', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 5, max: 300 }), ({ list, chunks }, largest) => {
        const { parts, joined } = framed(chunks, largest);
        expect(joined.equals(Buffer.concat(list))).toBe(true);
        expect(parts.filter(({ kind }) => kind === 'packet')).toHaveLength(
          list.filter(({ length }) => length <= largest).length,
        );
        expect(parts.filter(({ kind }) => kind === 'head').every(({ bytes }) => bytes.length === largest)).toBe(true);
        expect(parts.some(({ kind }) => kind === 'raw')).toBe(false);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('bytes of any kind come out as they went in, whatever is said about them', () => {
    const anyBytes = fc.uint8Array({ maxLength: 400 }).chain((bytes) => chunked(Buffer.from(bytes)));
    fc.assert(
      fc.property(packets, anyBytes, fc.integer({ min: 5, max: 300 }), (list, garbage, largest) => {
        const chunks = [...list, ...garbage];
        expect(framed(chunks, largest).joined.equals(Buffer.concat(chunks))).toBe(true);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('a remaining length of five bytes, or packet type 0, ends the framing', () => {
    const ping = Buffer.from([0xc0, 0]);
    for (const garbage of [Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]), Buffer.from([0, 0])]) {
      const { parts } = framed([Buffer.concat([ping, garbage]), ping]);
      expect(parts.map(({ kind }) => kind)).toEqual(['packet', 'raw', 'raw']);
    }
  });

  test('the bytes of a packet of 900 kB that come one by one are kept once', () => {
    const header = Buffer.from([0x30, 0xa0, 0xf7, 0x36]); // 900,000
    const before = process.memoryUsage().arrayBuffers;
    const framer = createFramer(
      { packet: () => undefined, head: () => undefined, rest: () => undefined, raw: () => undefined },
      LARGEST_BYTES,
    );
    framer.push(header);
    const one = Buffer.alloc(1);
    for (let i = 0; i < 899_999; i += 1) framer.push(one);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
  });
});
