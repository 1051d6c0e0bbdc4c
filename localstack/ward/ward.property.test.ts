import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PositionStore } from './position.ts';
import { expectedEventIds } from './testing/delivered.ts';
import { type PlayOptions, play } from './testing/play.ts';
import { bundledCases, temporaryFolder } from './testing/recording-files.ts';
import { virtualClock } from './testing/virtual-clock.ts';
import type { WardEvent } from './ward.ts';

/** Short cases, 139 to 923 s, with 34 episodes over three beds. */
const CASES = [6354, 4398, 2453, 4845, 2699, 3631] as const;
const MOST_EVENTS = 3000;
/** A run takes some 0.2 s; a broken position was found within 5. */
const RUNS = 12;
const TIMEOUT_MS = 60_000;

/** Stops the ward after so many of its events, each run going on where the one before was; then lets it play to its end. */
async function lawOfRestarts(parts: PlayOptions = {}): Promise<void> {
  const recordings = await bundledCases(...CASES);
  const expected = await expectedEventIds(recordings.arrhythmia);
  const stops = fc.array(fc.integer({ min: 1, max: MOST_EVENTS }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(stops, async (counts) => {
      await using folder = await temporaryFolder();
      const sent = new Map<string, string>();
      for (const count of [...counts, Number.POSITIVE_INFINITY]) {
        const stop = new AbortController();
        let events = 0;
        const onEvent = (event: WardEvent) => {
          events += 1;
          if (events === count) stop.abort();
          if (event.type !== 'settled') return;
          const body = JSON.stringify(event.alert);
          expect(sent.get(event.alert.eventId) ?? body).toBe(body);
          sent.set(event.alert.eventId, body);
        };
        // At a speed with waits the clock goes on, so the position is stored now and then, too.
        const options = { recordings, state: folder.path, beds: 3, speed: 100, clock: virtualClock(), onEvent };
        await play({ ...options, signal: stop.signal, ...parts });
      }
      expect([...sent.keys()].sort()).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
}

test('stopped anywhere, however often, and started again: no episode is lost, none has two bodies', () =>
  lawOfRestarts());

test('a position stored ahead of what has happened breaks that law', { timeout: TIMEOUT_MS }, async () => {
  const positionOf = (position: PositionStore): PositionStore => ({
    ...position,
    save: (stored) => position.save({ ...stored, wardSecond: stored.wardSecond + 120 }),
  });
  await expect(lawOfRestarts({ positionOf })).rejects.toThrow();
});
