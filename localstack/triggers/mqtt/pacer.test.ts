import { expect, test } from 'vitest';
import { pacer } from './pacer.ts';

const RUNS = 200;

/** A chain of promises, each of whose links takes a millisecond; how often other callbacks got a turn meanwhile. */
async function turnsMeanwhile(pace: (run: () => void) => void): Promise<{ turns: number; order: number[] }> {
  let turns = 0;
  let done = false;
  const countTurn = () => {
    turns += 1;
    if (!done) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  const order: number[] = [];
  await new Promise<void>((resolve) => {
    const next = (n: number) =>
      pace(() => {
        order.push(n);
        const untilMs = performance.now() + 1;
        while (performance.now() < untilMs);
        if (n === RUNS) resolve();
        else void Promise.resolve().then(() => next(n + 1));
      });
    next(1);
  });
  done = true;
  return { turns, order };
}

test('a busy chain leaves turns to others, and keeps its order', async () => {
  const { turns, order } = await turnsMeanwhile(pacer(10));
  expect(turns).toBeGreaterThanOrEqual(RUNS / 10 / 2);
  expect(order).toEqual(Array.from({ length: RUNS }, (_, index) => index + 1));
});

test('mutant: one that runs everything at once leaves none', async () => {
  expect((await turnsMeanwhile((run) => run())).turns).toBe(0);
});

test('what comes while others wait for the next turn runs after them', async () => {
  const pace = pacer(0);
  const order: number[] = [];
  await new Promise<void>((resolve) => {
    for (const n of [1, 2, 3]) pace(() => order.push(n));
    setImmediate(() => pace(() => resolve()));
  });
  expect(order).toEqual([1, 2, 3]);
});
