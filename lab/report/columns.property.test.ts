import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf, fitted, padEndTo, padStartTo, plainLine, wrapped } from './columns.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', ' ', '_', '日', '👩‍⚕️', 'é', 'e\u0301', '\u001b[31m', '\u202e', '\n'),
    fc.string({ unit: 'binary' }),
  ),
});
const widths = fc.integer({ min: 2, max: 100 });

test('no line is wider than asked for, and none of the text is lost', () => {
  fc.assert(
    fc.property(anyText.map(plainLine), widths, (text, width) => {
      const lines = wrapped(text, width);
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});

test('a fitted text is never wider than asked for, and whole where it fits', () => {
  fc.assert(
    fc.property(anyText.map(plainLine), widths, (text, width) => {
      const cut = fitted(text, width);
      expect(columnsOf(cut)).toBeLessThanOrEqual(width);
      expect(cut === text).toBe(columnsOf(text) <= width);
    }),
  );
});

test('nothing that steers a terminal or turns text round is left', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(plainLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
    }),
  );
});

describe('widths', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['한국', 4],
    ['ｆｕｌｌ', 8],
    ['👩‍⚕️', 2],
    ['🚑', 2],
    ['e\u0301', 1],
    ['\u200b', 0],
    ['✓ →', 3],
    ['—', 1],
  ])('%j takes %d columns', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  test('padding counts columns, not characters', () => {
    expect(padStartTo('日本', 6)).toBe('  日本');
    expect(padEndTo('日本', 6)).toBe('日本  ');
  });
});

test('a long name is broken at its joints', () => {
  expect(wrapped('rabbitmq_stream_consumer_lag_messages back', 24)).toEqual([
    'rabbitmq_stream_',
    'consumer_lag_messages',
    'back',
  ]);
});
