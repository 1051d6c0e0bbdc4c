import { expect, test } from 'vitest';
import { lagMeter } from './lag.ts';

const statistics = (chunk: bigint) => ({
  firstOffset: 0n,
  committedChunkId: chunk,
  lastChunkId: chunk,
  committedOffset: undefined,
});
const nothing = { checkpoint: 100n, lastOffset: undefined, inHand: 0 };

test('from the checkpoint to the end, as far as it is known; what is here counts as well', () => {
  const meter = lagMeter();
  expect(meter.measure(statistics(150n), nothing)).toBe(51n);
  expect(meter.measure(statistics(150n), { checkpoint: 100n, lastOffset: 180n, inHand: 81 })).toBe(81n);
});
test('with nothing in hand, an end that stays and of which nothing comes is the broker’s own', () => {
  const meter = lagMeter();
  expect(meter.measure(statistics(103n), nothing)).toBe(4n);
  expect(meter.measure(statistics(103n), nothing)).toBe(0n);
  expect(meter.measure(statistics(104n), nothing)).toBe(5n);
});
test('a record in hand is a lag, however long it is there', () => {
  const meter = lagMeter();
  for (let n = 0; n < 100; n += 1) {
    expect(meter.measure(statistics(100n), { checkpoint: 100n, lastOffset: 100n, inHand: 1 })).toBe(1n);
  }
});
test('much that a slow broker has not begun to deliver is not taken for nothing; a new activation starts anew', () => {
  const meter = lagMeter();
  for (let second = 0; second < 10; second += 1) expect(meter.measure(statistics(1_000_000n), nothing)).toBe(999_901n);
  const few = lagMeter();
  few.measure(statistics(103n), nothing);
  few.restart();
  expect(few.measure(statistics(103n), nothing)).toBe(4n);
});
