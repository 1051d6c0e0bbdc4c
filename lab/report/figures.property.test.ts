import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatNumber } from './figures.ts';

/** Of a figure that is shown, at most this share of it is rounded away: two significant digits of 1.0 and less, more above. */
const MOST_ROUNDED = 0.05;
const LONGEST = '−999,999,999,999,999'.length;

const read = (text: string): number => Number(text.replaceAll(',', '').replace('−', '-'));
const shown = fc.double({ min: 0.001, max: 1e14, noNaN: true });

test('a figure can be read back, and nearly all of it is there', () => {
  fc.assert(
    fc.property(shown, (value) => {
      expect(Math.abs(read(formatNumber(value)) - value)).toBeLessThanOrEqual(value * MOST_ROUNDED);
    }),
  );
});

test('whole numbers keep every digit', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (value) => {
      expect(read(formatNumber(value))).toBe(value);
    }),
  );
});

test('rounding never turns two figures round', () => {
  fc.assert(
    fc.property(shown, shown, (one, other) => {
      const [least, most] = [Math.min(one, other), Math.max(one, other)];
      expect(read(formatNumber(least))).toBeLessThanOrEqual(read(formatNumber(most)));
    }),
  );
});

test('a figure below zero is the one above it with a minus, and no figure is long', () => {
  fc.assert(
    fc.property(shown, fc.double(), (value, any) => {
      expect(formatNumber(-value)).toBe(`−${formatNumber(value)}`);
      expect(formatNumber(any).length).toBeLessThanOrEqual(LONGEST);
    }),
  );
});
