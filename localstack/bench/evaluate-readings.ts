import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Arrival, EMPTY_PARTITION, evaluate } from '../../shared/vitals/evaluate.ts';
import { type BenchResult, percentile } from './bench-result.ts';
import { arrivalOf, NOTHING_SET, take, type Ward } from './ward-messages.ts';

/** Noon of some day: all times are made from it. */
const START_MS = Date.parse('2026-01-31T12:00:00.000Z');
const TIMED = 100_000;
const P99_TARGET_MS = 1;
const US_PER_MS = 1_000;
const BATCH = 1_000;
/** The last two are compared: at the first, the trends' five minutes are still being filled. */
const MEASURED_AT = [100_000, 500_000, 1_000_000, 2_000_000] as const;
const GROWTH_TARGET_MB = 5;
const BYTES_PER_MB = 1024 ** 2;
const SHARES = { median: 0.5, p99: 0.99, max: 1 };

/** Each reading in a message of its own, and the clock's second wherever one begins. */
function* single(ward: Ward): Generator<Arrival> {
  for (const { message, sentMs } of ward.messages(START_MS)) {
    for (const reading of message.readings) yield { message: { ...message, readings: [reading] }, arrivedMs: sentMs };
  }
}

/** How long one reading takes by itself; once a second the one that has the time judged for all 500 patients, too. */
export function timedReadings(ward: Ward): BenchResult {
  let state = EMPTY_PARTITION;
  const tookMs = take(TIMED, single(ward)).map((arrival) => {
    const startedMs = performance.now();
    state = evaluate(state, [arrival], NOTHING_SET).state;
    return performance.now() - startedMs;
  });
  const us = (share: number) => `${(percentile(tookMs, share) * US_PER_MS).toFixed(0)} µs`;
  const p99Ms = percentile(tookMs, SHARES.p99);
  return {
    name: 'vitals: a reading evaluated by itself, p99',
    target: `< ${P99_TARGET_MS} ms`,
    measured: `${p99Ms.toFixed(3)} ms`,
    holds: p99Ms < P99_TARGET_MS,
    detail: `${TIMED} readings of ${ward.patients.length} recorded patients, a batch each: median ${us(SHARES.median)}, longest ${us(SHARES.max)}`,
  };
}

/** Heap after a collection, in MB. */
function heapMb(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().heapUsed / BYTES_PER_MB;
}

/** What the alerter remembers does not grow with what it has judged. */
export function memoryOfReadings(ward: Ward): BenchResult {
  const messages = ward.messages(START_MS);
  let state = EMPTY_PARTITION;
  let readings = 0;
  let tookMs = 0;
  const before = heapMb();
  const grown = MEASURED_AT.map((count) => {
    while (readings < count) {
      const batch = take(BATCH, messages).map(arrivalOf);
      const startedMs = performance.now();
      const evaluated = evaluate(state, batch, NOTHING_SET);
      tookMs += performance.now() - startedMs;
      readings += evaluated.readings;
      state = evaluated.state;
    }
    return heapMb() - before;
  });
  const growthMb = (grown.at(-1) ?? Number.NaN) - (grown.at(-2) ?? Number.NaN);
  const course = MEASURED_AT.map((count, index) => `${grown[index]?.toFixed(1)} after ${count}`).join(', ');
  const eachUs = (tookMs * US_PER_MS) / readings;
  return {
    name: `vitals: growth of the state of ${state.patients.size} patients over the second million readings`,
    target: `< ${GROWTH_TARGET_MB} MB`,
    measured: `${growthMb.toFixed(1)} MB`,
    holds: growthMb < GROWTH_TARGET_MB,
    detail: `MB of heap above the start: ${course}; ${eachUs.toFixed(2)} µs a reading in batches of ${BATCH} messages`,
  };
}
