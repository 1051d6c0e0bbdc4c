import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage } from '../stream-client/amqp-message.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { mutate } from '../stream-client/test-mutations.ts';
import { type DeadLetter, deadLetterMessage, readDeadLetter } from './dead-letter.ts';

const RUNS = 500;
const FRAME_BYTES_MAX = 1_048_576;
const read = (bytes: Buffer) => readDeadLetter({ message: decodeMessage(bytes) });

/** Anything a program may put into an error: other scripts, controls, half characters, separators. */
const hostile = (maxLength: number) =>
  fc.oneof(
    fc.string({ maxLength, unit: fc.integer({ min: 1, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
    fc.string({ maxLength, unit: 'grapheme' }),
    fc.constantFrom('Herzfrequenz über 180: é 心拍 🫀', '\r\n', '"\\', '\ud83e', '__proto__', ''),
  );
const dates = fc.integer({ min: -8.64e15, max: 8.64e15 });
const letters: fc.Arbitrary<DeadLetter> = fc.record(
  {
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    partition: hostile(255),
    offset: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    timestampMs: dates,
    functionName: hostile(255),
    condition: hostile(200),
    attempts: fc.nat(),
    failure: fc.record({ code: hostile(200), name: hostile(200), message: hostile(2_000) }),
    undecodable: hostile(2_000),
    atMs: dates,
  },
  { requiredKeys: ['bytes', 'partition', 'offset', 'timestampMs', 'functionName', 'condition', 'attempts', 'atMs'] },
);

/** Half characters become U+FFFD; nothing else changes. */
function wellFormed(letter: DeadLetter): DeadLetter {
  const each = Object.entries(letter).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.toWellFormed() : value,
  ]);
  const { failure, ...rest } = Object.fromEntries(each);
  if (failure === undefined) return rest;
  const texts = Object.entries<string>(failure).map(([key, text]) => [key, text.toWellFormed()]);
  return { ...rest, failure: Object.fromEntries(texts) };
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(letters, (letter) => {
      expect(read(deadLetterMessage(letter))).toEqual(wellFormed(letter));
    }),
    { numRuns: RUNS },
  );
});

test('a text of any length is cut to a sane one, and the whole fits a frame', () => {
  const endless = '💔'.repeat(100_000);
  const failure = { code: endless, name: endless, message: `x${endless}` };
  const letter = { partition: 'a', functionName: endless, condition: endless, failure, undecodable: endless };
  const times = { timestampMs: Number.NaN, atMs: 1e300, offset: 5n, attempts: 3 };
  const bytes = Buffer.alloc(FRAME_BYTES_MAX, 'r');
  const message = deadLetterMessage({ ...letter, ...times, bytes });
  expect(message.length).toBeLessThan(FRAME_BYTES_MAX - 100);
  const back = read(message);
  if ('problem' in back) throw new Error(back.problem);
  expect(back.failure?.message).toHaveLength(2_000);
  expect(back.failure?.message.endsWith('…')).toBe(true);
  expect(back.truncatedFrom).toBe(FRAME_BYTES_MAX);
  expect(bytes.subarray(0, back.bytes.length).equals(back.bytes)).toBe(true);
  expect(back).toMatchObject({ timestampMs: 0, atMs: 8.64e15, offset: 5n });
});

test('a record that fits is not cut', () => {
  const bytes = Buffer.alloc(FRAME_BYTES_MAX - 32 * 1_024, 'r');
  const times = { timestampMs: 0, atMs: 0, offset: 0n, attempts: 1 };
  const back = read(deadLetterMessage({ bytes, partition: 'a', functionName: 'f', condition: 'c', ...times }));
  expect(back).not.toHaveProperty('truncatedFrom');
  expect('bytes' in back && back.bytes.equals(bytes)).toBe(true);
});

test('what is no dead letter is a problem, with the reason, and never throws', () => {
  expect(read(Buffer.of(1, 2, 3))).toMatchObject({ problem: expect.stringContaining('not an AMQP message') });
  const other = encodeMessage({ content: Buffer.from('x'), contentType: 'text/plain' });
  expect(read(other)).toMatchObject({ problem: expect.stringContaining('content type') });
  const contentType = 'application/vnd.heartline.dead-letter';
  expect(read(encodeMessage({ content: Buffer.from('x'), contentType }))).toHaveProperty('problem');
  const applicationProperties = { 'x-dead-letter-stream': 'a', 'x-dead-letter-offset': '-1' };
  const wrong = encodeMessage({ content: Buffer.from('x'), contentType, applicationProperties });
  expect(read(wrong)).toEqual({ problem: 'its offset is missing or not readable' });
  fc.assert(
    fc.property(letters, letters, fc.integer(), (one, two, seed) => {
      const back = read(mutate(deadLetterMessage(one), deadLetterMessage(two), seed));
      expect('problem' in back ? typeof back.problem : typeof back.offset).toMatch(/string|bigint/);
    }),
    { numRuns: RUNS },
  );
});
