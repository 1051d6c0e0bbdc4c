import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutMarks, type MarkLabel } from './chart-marks.ts';

const TO_S = 120;
const scaleOf = (width: number) => ({ left: 46, right: 46 + width, xOf: (atS: number) => 46 + (atS / TO_S) * width });
const label = fc.oneof(fc.constantFrom('down', 'up', 'latency in', '切断', ''), fc.string({ maxLength: 60 }));
const marks = fc.array(fc.record({ atS: fc.double({ min: -10, max: 140, noNaN: true }), label }), { maxLength: 60 });
const width = fc.integer({ min: 150, max: 600 });

const touch = (one: MarkLabel, other: MarkLabel) =>
  one.row === other.row && one.x < other.x + other.width && other.x < one.x + one.width;

test('no two labels overlap, and all stand beside the plot’s ends', () => {
  fc.assert(
    fc.property(marks, width, (list, px) => {
      const scale = scaleOf(px);
      const { labels, rows } = layoutMarks(list, scale);
      expect(rows).toBeLessThanOrEqual(2);
      for (const [at, one] of labels.entries()) {
        expect(labels.slice(at + 1).filter((other) => touch(one, other))).toEqual([]);
        expect(one.x).toBeGreaterThanOrEqual(scale.left);
        expect(one.x + one.width).toBeLessThanOrEqual(scale.right + 1e-9);
      }
    }),
  );
});

test('every mark has a line within the plot, and is named in words or by a number', () => {
  fc.assert(
    fc.property(marks, width, (list, px) => {
      const scale = scaleOf(px);
      const { lines, labels } = layoutMarks(list, scale);
      expect(lines.map(({ mark }) => mark.number)).toEqual(list.map((_, index) => index + 1));
      for (const { x } of lines) expect(x >= scale.left && x <= scale.right).toBe(true);
      if (lines.every(({ row }) => row !== undefined)) expect(labels).toHaveLength(list.length);
      else expect(labels.flatMap(({ text }) => numbersIn(text))).toEqual(list.map((_, index) => index + 1));
    }),
  );
});

/** `3–5` is 3, 4, 5. */
function numbersIn(text: string): number[] {
  const [first = 0, last = first] = text.split('–').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test('few marks are in words; as soon as words would touch, all are numbers', () => {
  const few = layoutMarks(
    [
      { atS: 80, label: 'drop out' },
      { atS: 40, label: 'drop in' },
    ],
    scaleOf(400),
  );
  expect(few.labels.map(({ text }) => text)).toEqual(['drop in', 'drop out']);
  const flapping = Array.from({ length: 12 }, (_, turn) => ({ atS: 40 + turn * 3, label: 'link down' }));
  expect(layoutMarks(flapping, scaleOf(528)).labels.every(({ text }) => /^\d+(–\d+)?$/.test(text))).toBe(true);
});
