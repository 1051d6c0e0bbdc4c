import { beforeAll, expect, test } from 'vitest';
import { freePort } from '../services/ports.ts';
import type { Clock } from '../ward/clock.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';
import { virtualClock } from '../ward/testing/virtual-clock.ts';
import type { WardRecordings } from './patients.ts';
import { readWardRecordings } from './read-recordings.ts';
import { createVitalsWard } from './vitals-ward.ts';

const BEDS = 2;
const TURNS_PER_S = 2 * BEDS;

let recordings: WardRecordings;
let url: string;
beforeAll(async () => {
  recordings = await readWardRecordings(await findRecordings([BUNDLED_RECORDINGS]), BEDS);
  url = `mqtt://127.0.0.1:${await freePort()}`;
});

/** Plays two minutes without a broker, on a machine that stands still for so long once. */
async function standingStill(standstillMs: number) {
  let slept = 0;
  const clock: Clock = virtualClock(() => {
    slept += 1;
    return slept === 100 ? standstillMs : 0;
  });
  const signal = new AbortController().signal;
  return createVitalsWard({ recordings, url, beds: BEDS, durationS: 120, bufferS: 300, signal, clock }).run();
}

test('a machine that keeps up has no turn late, and what it made is kept for the broker', async () => {
  const counters = await standingStill(0);
  expect(counters).toMatchObject({ sent: 0, connected: 0, lateTicks: 0, dropped: 0 });
  expect(counters.unacknowledged).toBe(120 * TURNS_PER_S);
});

test('turns of more than a second ago are counted as late, and made up for', async () => {
  const counters = await standingStill(3_000);
  expect(Math.abs(counters.lateTicks - 2 * TURNS_PER_S)).toBeLessThanOrEqual(1);
  expect(counters.unacknowledged).toBe(120 * TURNS_PER_S);
});

test('a machine that slept does not make up for it in a burst, and says how much is missing', async () => {
  const counters = await standingStill(60_000);
  expect(Math.abs(counters.lateTicks - 59 * TURNS_PER_S)).toBeLessThanOrEqual(1);
  expect(Math.abs(counters.unacknowledged - 65 * TURNS_PER_S)).toBeLessThanOrEqual(1);
});
