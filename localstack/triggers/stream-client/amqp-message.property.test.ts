import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage } from './amqp-message.ts';
import { type MessageSample, messages } from './test-amqp-messages.ts';
import { primitives } from './test-amqp-values.ts';
import { libraryDecode } from './test-library-decoder.ts';
import { mutate } from './test-mutations.ts';

const VALID = 10_000;
const MUTATIONS_EACH = 20;
const TIMEOUT_MS = 120_000;
const section = Buffer.of(0, 0x53, 0x77);
/** Some tens of ms on an idle machine; quadratic work would take minutes. */
const LARGE_MS = 5_000;

/** What was encoded comes back equal, from within something larger, as a chunk is. */
function comesBack({ bytes, message }: MessageSample): void {
  const around = Buffer.alloc(9, 0x41);
  const decoded = decodeMessage(Buffer.concat([around, bytes, around]).subarray(9, 9 + bytes.length));
  if (!isDeepStrictEqual(decoded, message)) expect(decoded, bytes.toString('hex')).toEqual(message);
}

function survives(bytes: Buffer): void {
  const decoded = decodeMessage(bytes);
  if (decoded.undecodable === undefined) expect(Buffer.isBuffer(decoded.content)).toBe(true);
  else expect(decoded).toEqual({ undecodable: expect.stringMatching(/./), bytes });
}

/** Each list holds the next; all sizes are right. */
function nestedLists(levels: number): Buffer {
  const bytes = Buffer.alloc(levels * 9);
  for (let level = 0; level < levels; level += 1) {
    bytes.writeUInt8(0xd0, level * 9);
    bytes.writeUInt32BE(bytes.length - level * 9 - 5, level * 9 + 1);
    bytes.writeUInt32BE(level === levels - 1 ? 0 : 1, level * 9 + 5);
  }
  return bytes;
}

describe('decodeMessage', () => {
  test(
    `${VALID * (1 + MUTATIONS_EACH)} messages: valid ones come back equal, damaged ones never throw`,
    () => {
      let previous = Buffer.alloc(0);
      let count = 0;
      let undecodable = 0;
      fc.assert(
        fc.property(messages, fc.integer(), (sample, seed) => {
          comesBack(sample);
          for (let index = 0; index < MUTATIONS_EACH; index += 1) {
            let damaged = mutate(sample.bytes, previous, seed + index * 7919);
            if (index % 2 === 1) damaged = mutate(damaged, sample.bytes, seed ^ index);
            const decoded = decodeMessage(damaged);
            count += 1;
            if (decoded.undecodable === undefined) continue;
            undecodable += 1;
            if (decoded.bytes !== damaged || decoded.undecodable.startsWith('decoder failed')) survives(damaged);
            expect(decoded.undecodable).not.toMatch(/^decoder failed/);
          }
          previous = Buffer.from(sample.bytes);
        }),
        { numRuns: VALID },
      );
      // The mutations must do both, or they test nothing.
      expect(undecodable).toBeGreaterThan(count / 10);
      expect(undecodable).toBeLessThan((count * 99) / 100);
    },
    TIMEOUT_MS,
  );

  const readsAll = (decode: (bytes: Buffer) => unknown) => () =>
    fc.assert(
      fc.property(messages, ({ bytes }) => {
        decode(bytes);
      }),
      { numRuns: 500 },
    );

  test('throws at no valid message', readsAll(decodeMessage));

  test("mutant: the library's decoder throws at valid messages", () => {
    expect(readsAll(libraryDecode)).toThrow();
    // One application property, a UUID.
    const annotated = Buffer.from(`005374c11502a1016b98${'ab'.repeat(16)}`, 'hex');
    expect(() => libraryDecode(annotated)).toThrow('FormatCode Invalid type 152');
    expect(decodeMessage(annotated).undecodable).toBeUndefined();
  });

  test.each(primitives.map((samples, index) => [index, samples] as const))('primitive encoding %i', (_, samples) => {
    fc.assert(
      fc.property(samples, ({ bytes, value }) => {
        const decoded = decodeMessage(Buffer.concat([section, bytes]));
        expect(isDeepStrictEqual(decoded, { body: { kind: 'value', value }, content: Buffer.alloc(0) })).toBe(true);
      }),
    );
  });

  test('random bytes and every single byte', () => {
    for (let byte = 0; byte < 256; byte += 1)
      survives(Buffer.of(0, 0x53, 0x77, byte, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => survives(Buffer.from(bytes))),
      { numRuns: 2_000 },
    );
  });

  test.each<[string, Buffer]>([
    ['a hundred thousand levels of lists', Buffer.concat([section, nestedLists(100_000)])],
    ['a million descriptors', Buffer.concat([section, Buffer.alloc(1_000_000)])],
    ['an array of four billion nulls', Buffer.from('005377f000000005ffffffff40', 'hex')],
    ['a list of four billion', Buffer.from('005377d000000005ffffffff40', 'hex')],
    ['a binary of 4 GB', Buffer.from('005375b0ffffffff00', 'hex')],
    ['a million headers', Buffer.from('00537045'.repeat(1_000_000), 'hex')],
    ['a million bodies', Buffer.from('00537740'.repeat(1_000_000), 'hex')],
  ])('is done at once with %s', (_, bytes) => {
    const startMs = performance.now();
    expect(decodeMessage(bytes)).toMatchObject({ undecodable: expect.stringMatching(/^(?!decoder failed)./) });
    expect(performance.now() - startMs).toBeLessThan(LARGE_MS);
  });

  test('reads a million data sections in linear time', () => {
    const startMs = performance.now();
    const decoded = decodeMessage(Buffer.from('005375a00161'.repeat(1_000_000), 'hex'));
    expect(decoded.undecodable).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(LARGE_MS);
  });
});
