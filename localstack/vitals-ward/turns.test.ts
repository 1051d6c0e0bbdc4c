import { expect, test } from 'vitest';
import { timetable } from './timetable.ts';
import { type Turn, turns } from './turns.ts';

function turnsUntil(untilMs: number, beds: number, rate = 1, burstAtS = 3_600): Turn[] {
  const found: Turn[] = [];
  for (const turn of turns(timetable({ beds, rate, burstAtS }))) {
    if (turn.atMs >= untilMs) return found;
    found.push(turn);
  }
  return found;
}

test.each([
  [500, 1, 1_000],
  [500, 2, 2_000],
  [24, 1, 48],
  [7, 1, 14],
])('%d beds at rate %d: %d turns a second, in order, at equal distances', (beds, rate, perSecond) => {
  const found = turnsUntil(4_000, beds, rate);
  expect(found).toHaveLength(perSecond * 4);
  for (const [index, { atMs }] of found.entries()) {
    expect(Math.abs(atMs - (index * 1_000) / perSecond)).toBeLessThanOrEqual(1);
  }
});

test('each bed has its turn twice a second, four times in the burst', () => {
  const found = turnsUntil(70_000, 7, 1, 5).filter(({ index }) => index === 3);
  const distances = found.slice(1).map(({ atMs }, at) => atMs - (found[at]?.atMs ?? 0));
  const inBurst = found.slice(1).map(({ atMs }) => atMs > 5_500 && atMs < 65_000);
  for (const [at, distance] of distances.entries()) {
    if (inBurst[at]) expect(distance).toBe(250);
    else expect([250, 500]).toContain(distance);
  }
  expect(found).toHaveLength(2 * 70 + 2 * 60);
});

test('in the burst all beds’ turns are as even, at twice the number', () => {
  const found = turnsUntil(20_000, 500, 1, 5).filter(({ atMs }) => atMs >= 6_000);
  expect(found).toHaveLength(14 * 2_000);
  for (const [index, { atMs }] of found.entries()) expect(Math.abs(atMs - 6_000 - index / 2)).toBeLessThan(2);
});
