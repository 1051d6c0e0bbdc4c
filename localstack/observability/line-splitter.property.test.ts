import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter } from './line-splitter.ts';

/** The lines of a text that comes in chunks of the given sizes. */
function split(bytes: Buffer, sizes: readonly number[], longestBytes?: number) {
  const lines: string[] = [];
  let cuts = 0;
  const splitter = createLineSplitter({
    onLine: (line) => lines.push(line),
    onCut: () => (cuts += 1),
    ...(longestBytes === undefined ? {} : { longestBytes }),
  });
  let from = 0;
  for (const size of sizes) {
    splitter.push(bytes.subarray(from, from + size));
    from += size;
  }
  splitter.push(bytes.subarray(from));
  splitter.end();
  return { lines, cuts };
}

const text = fc
  .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', '\r\n', '💓', 'é')))
  .map((all) => all.join(''));
const sizes = fc.array(fc.nat(7));

describe('lines', () => {
  test('are the same however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(text, sizes, (whole, chunks) => {
        fc.pre(!/\r(?!\n)/.test(whole));
        const expected = whole.split('\n').map((line) => line.replace(/\r$/, ''));
        if (expected.at(-1) === '') expected.pop();
        expect(split(Buffer.from(whole), chunks).lines).toEqual(expected);
      }),
    );
  });

  test('mutant: decoding each chunk by itself breaks characters', () => {
    const bytes = Buffer.from('💓\n');
    const broken = bytes.subarray(0, 2).toString() + bytes.subarray(2).toString();
    expect(broken).not.toBe('💓\n');
    expect(split(bytes, [2]).lines).toEqual(['💓']);
  });

  test('over the limit are cut at a character, counted, and the next line is whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 30 }), sizes, (long, chunks) => {
        fc.pre(!/[\n\r]/.test(long));
        const { lines, cuts } = split(Buffer.from(`${long}\nnext\n`), chunks, 16);
        expect(cuts).toBe(1);
        expect(lines).toHaveLength(2);
        expect(long.startsWith(lines[0] ?? 'x')).toBe(true);
        expect(Buffer.byteLength(lines[0] ?? '')).toBeGreaterThan(16 - 4);
        expect(lines[1]).toBe('next');
      }),
    );
  });

  test('a program that prints no newline holds no memory past the limit', () => {
    let cut = 0;
    const lines: number[] = [];
    const splitter = createLineSplitter({ onLine: (line) => lines.push(line.length), onCut: () => (cut += 1) });
    for (let mebibyte = 0; mebibyte < 64; mebibyte += 1) splitter.push(Buffer.alloc(1_048_576, 'x'));
    splitter.push('\nlast');
    splitter.end();
    expect(lines).toEqual([1_048_576, 4]);
    expect(cut).toBe(1);
  });
});
