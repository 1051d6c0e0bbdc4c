import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { createPace, MOST_LAG_MS, type Pace } from './pace.ts';
import { play } from './testing/play.ts';
import { bundledCases, temporaryFolder } from './testing/recording-files.ts';
import { virtualClock } from './testing/virtual-clock.ts';

const SPEED = 60;
/** Timers of the virtual clock end up to 4 ms late; a moment may be that late, and never early. */
const LATEST_MS = 4;
const late = () => {
  let count = 0;
  return () => {
    count += 1;
    return count % (LATEST_MS + 1);
  };
};
const signal = new AbortController().signal;

/** How late each of the moments comes, in milliseconds of the clock. */
async function lateness(pace: Pace, clock: Clock): Promise<number[]> {
  const found: number[] = [];
  for (let second = 0; second <= 1200; second += 0.7) {
    await pace.until(second);
    found.push(clock.monotonicMs() - (second / SPEED) * 1000);
  }
  return found;
}

test('at 60 times the recorded speed no moment is early or late, however long it runs', async () => {
  const clock = virtualClock(late());
  const found = await lateness(createPace(SPEED, 0, clock, signal), clock);
  expect(Math.min(...found)).toBeGreaterThan(-0.001);
  expect(Math.max(...found)).toBeLessThanOrEqual(LATEST_MS + 0.001);
});

test('a pace that waits from moment to moment drifts, and fails that test', async () => {
  const clock = virtualClock(late());
  let last = 0;
  const drifting: Pace = {
    async until(wardSecond) {
      await clock.sleep(((wardSecond - last) / SPEED) * 1000, signal);
      last = wardSecond;
    },
  };
  const found = await lateness(drifting, clock);
  expect(Math.max(...found)).toBeGreaterThan(100 * LATEST_MS);
});

test('the ward keeps that pace over all its beds', async () => {
  await using folder = await temporaryFolder();
  const clock = virtualClock(late());
  const found: number[] = [];
  await play({
    recordings: await bundledCases(6354, 4398, 3366),
    state: folder.path,
    speed: SPEED,
    clock,
    onEvent(event) {
      // All three are admitted at second 0, so a reading's second is the ward's.
      if (event.type === 'reading') found.push(clock.monotonicMs() - (event.reading.second / SPEED) * 1000);
    },
  });
  expect(found.length).toBeGreaterThan(700);
  expect(Math.min(...found)).toBeGreaterThan(-0.001);
  expect(Math.max(...found)).toBeLessThanOrEqual(LATEST_MS + 0.001);
});

test('after the machine slept the ward goes on from there, without a burst', async () => {
  const clock = virtualClock();
  const pace = createPace(SPEED, 0, clock, signal);
  await pace.until(60);
  await clock.sleep(MOST_LAG_MS * 10, signal);
  await pace.until(60.1);
  const wokeMs = clock.monotonicMs();
  await pace.until(120.1);
  expect(clock.monotonicMs() - wokeMs).toBeCloseTo(1000, 3);
});
