import { expect, test } from 'vitest';
import { lagTurn } from './lag-turn.ts';

test.each([
  ['where it was highest', [0, 50, 400, 900, 300, 10], [{ atS: 3, label: 'the lag turns, 900 messages behind' }]],
  ['not while it only grows', [0, 50, 400, 900], []],
  ['not where there was none', [0, 0, 0], []],
  ['past what was not measured', [0, null, 70, null, 20], [{ atS: 2, label: 'the lag turns, 70 messages behind' }]],
])('the lag turns %s', (_, values, marks) => {
  expect(
    lagTurn(
      values.map((value, atS) => [atS, value] as const),
      values.length,
    ),
  ).toEqual(marks);
});

test('a lag that shrinks only when nothing is sent any more has not turned', () => {
  expect(
    lagTurn(
      [
        [0, 10],
        [1, 90],
        [2, 5],
      ],
      1,
    ),
  ).toEqual([]);
});
