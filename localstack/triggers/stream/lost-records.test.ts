import { expect, test } from 'vitest';
import { lossCounter } from './lost-records.ts';

const statistics = (firstOffset: bigint | undefined) => ({
  firstOffset,
  committedChunkId: undefined,
  lastChunkId: undefined,
  committedOffset: undefined,
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

function counting() {
  const lost: number[] = [];
  const failed: unknown[] = [];
  const counter = lossCounter(
    ({ records }) => lost.push(records),
    (error) => failed.push(error),
  );
  return { counter, lost, failed };
}

test.each([
  { first: 0n, lost: [], what: 'a gap that the stream still has: the broker’s own entries' },
  { first: 60n, lost: [50], what: 'a stream that begins behind it: all of it' },
  { first: 40n, lost: [30], what: 'one that begins within it: what is before' },
  { first: 900n, lost: [50], what: 'retention that has gone on since: only what was not received' },
  { first: undefined, lost: [], what: 'a stream that holds nothing' },
])('$what', async ({ first, lost: expected }) => {
  const { counter, lost } = counting();
  counter.gap({ from: 10n, to: 60n }, async () => statistics(first));
  await settled();
  expect(lost).toEqual(expected);
});

test('a thousand gaps at once ask two questions, one after another', async () => {
  const { counter, lost } = counting();
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return statistics(0n);
  };
  for (let n = 0n; n < 1_000n; n += 1n) counter.gap({ from: n * 10n, to: n * 10n + 1n }, ask);
  await settled();
  expect({ asked, lost }).toEqual({ asked: 2, lost: [] });
});

test('a question that fails is said, and the next gap asks again', async () => {
  const { counter, lost, failed } = counting();
  counter.gap({ from: 0n, to: 5n }, () => Promise.reject(new Error('gone')));
  await settled();
  expect(failed).toHaveLength(1);
  counter.gap({ from: 10n, to: 12n }, async () => statistics(12n));
  await settled();
  expect(lost).toEqual([2]);
});
