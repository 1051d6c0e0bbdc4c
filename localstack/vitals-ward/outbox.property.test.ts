import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutbox, type Outbox, type OutboxLimits } from './outbox.ts';

/** Pushes, takes, settles (which of those under way), loses the connection. */
const actions = fc.array(
  fc.oneof(
    fc.constant({ kind: 'push' } as const),
    fc.constant({ kind: 'next' } as const),
    fc.record({ kind: fc.constant('settle' as const), which: fc.nat({ max: 20 }) }),
    fc.constant({ kind: 'lose' } as const),
  ),
  { maxLength: 400 },
);
const LIMITS: OutboxLimits = { mostKept: 12, mostInFlight: 5 };

/** Pushes numbers from 0 on, and holds what the outbox does to a list of what it has to have. */
function keepsTheLaws(
  create: (limits: OutboxLimits) => Outbox<number>,
  parameters: { seed?: number; numRuns?: number } = {},
): void {
  fc.assert(
    fc.property(actions, (history) => {
      const outbox = create(LIMITS);
      let waiting: number[] = [];
      let under: number[] = [];
      let pushed = 0;
      let dropped = 0;
      for (const action of history) {
        if (action.kind === 'push') {
          outbox.push(pushed);
          waiting.push(pushed);
          pushed += 1;
          if (waiting.length + under.length > LIMITS.mostKept) {
            waiting.shift();
            dropped += 1;
          }
        } else if (action.kind === 'next') {
          const wanted = under.length < LIMITS.mostInFlight ? waiting.shift() : undefined;
          expect(outbox.next()).toBe(wanted);
          if (wanted !== undefined) under.push(wanted);
        } else if (action.kind === 'lose') {
          outbox.giveBack();
          waiting = [...under, ...waiting];
          under = [];
        } else {
          const item = under[action.which] ?? -1;
          expect(outbox.settle(item)).toBe(item >= 0);
          under = under.filter((one) => one !== item);
        }
        expect([outbox.waiting, outbox.inFlight, outbox.dropped]).toEqual([waiting.length, under.length, dropped]);
        expect(outbox.oldestInFlight).toBe(under[0]);
        expect(waiting.length + under.length).toBeLessThanOrEqual(LIMITS.mostKept);
      }
    }),
    parameters,
  );
}

test('what waits is sent in order, what was under way first after a cut; the oldest that waits is overwritten', () => {
  keepsTheLaws(createOutbox);
});

test('one that puts what was under way behind the others fails that test', () => {
  const behind = (limits: OutboxLimits): Outbox<number> => {
    const outbox = createOutbox<number>(limits);
    const under: number[] = [];
    return {
      push: (item) => outbox.push(item),
      next() {
        const item = outbox.next();
        if (item !== undefined) under.push(item);
        return item;
      },
      settle: (item) => outbox.settle(item),
      giveBack() {
        for (const item of under.splice(0)) if (outbox.settle(item)) outbox.push(item);
      },
      get waiting() {
        return outbox.waiting;
      },
      get inFlight() {
        return outbox.inFlight;
      },
      get dropped() {
        return outbox.dropped;
      },
      get oldestInFlight() {
        return outbox.oldestInFlight;
      },
    };
  };
  // The same histories each time: it has to be caught each time.
  expect(() => keepsTheLaws(behind, { seed: 7, numRuns: 500 })).toThrow();
});

test('a long life without a connection, and one with, hold to the bound', () => {
  const outbox = createOutbox<number>(LIMITS);
  for (let item = 0; item < 10_000; item += 1) outbox.push(item);
  expect([outbox.waiting, outbox.dropped, outbox.next()]).toEqual([12, 9_988, 9_988]);
  expect(() => createOutbox({ mostKept: 5, mostInFlight: 5 })).toThrow(RangeError);
});
