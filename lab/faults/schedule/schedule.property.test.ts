import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, type Schedule } from './fault.ts';
import { schedule } from './schedule.ts';
import { scheduleTable } from './schedule-table.ts';

type Make = (seed: number, minutes: number) => Schedule;
type Law = (make: Make, seed: number, minutes: number) => boolean;

const MOST_COLUMNS = 80;
/** With a heartbeat of 10 s: baseline, ten faults at their longest, ten short calms. */
const EVERY_KIND_FITS_MINUTES = 5;
const SHORTEST_CALM_MS = 10_000;
const HEARTBEAT_MS = 10_000;

const kindsOf = ({ faults }: Schedule) => faults.map(({ action }) => action.kind);
const timesOf = (kinds: readonly string[]) => FAULT_KINDS.map((kind) => kinds.filter((other) => other === kind).length);

const laws: Record<string, Law> = {
  'one seed, one schedule': (make, seed, minutes) => {
    const [first, second] = [make(seed, minutes), make(seed, minutes)].map((one) => JSON.stringify(one));
    return first === second;
  },
  'another seed, another schedule': (make, seed) =>
    JSON.stringify(make(seed, 10).faults) !== JSON.stringify(make(seed + 1, 10).faults),
  'every kind has its turn where there is room': (make, seed, minutes) =>
    minutes < EVERY_KIND_FITS_MINUTES || timesOf(kindsOf(make(seed, minutes))).every((times) => times > 0),
  'no kind comes again before all others came': (make, seed, minutes) => {
    const times = timesOf(kindsOf(make(seed, minutes)));
    return Math.max(...times) - Math.min(...times) <= 1;
  },
  'a baseline comes first, and a calm phase after each fault, none over another': (make, seed, minutes) => {
    const { baselineMs, totalMs, faults } = make(seed, minutes);
    let freeMs = baselineMs;
    for (const { atMs, lastsMs, calmMs } of faults) {
      if (atMs < freeMs || calmMs < SHORTEST_CALM_MS || lastsMs <= 0) return false;
      freeMs = atMs + lastsMs + calmMs;
    }
    return baselineMs > 0 && freeMs <= totalMs && totalMs === Math.round(minutes * 60_000);
  },
  'a frozen worker is given up by its peers before it wakes up': (make, seed, minutes) =>
    make(seed, minutes).faults.every(
      ({ action }) => action.kind !== 'worker-freeze' || action.frozenMs > 2.5 * HEARTBEAT_MS,
    ),
};

const mutants: Record<string, { breaks: string; make: Make }> = {
  'draws anew each time': {
    breaks: 'one seed, one schedule',
    make: (seed, minutes) => schedule(seed + Math.floor(Math.random() * 1_000_000), minutes),
  },
  'does not look at the seed': {
    breaks: 'another seed, another schedule',
    make: (_, minutes) => schedule(1, minutes),
  },
  'never kills the broker': {
    breaks: 'every kind has its turn where there is room',
    make: (seed, minutes) => schedule(seed, minutes, { kinds: FAULT_KINDS.filter((kind) => kind !== 'broker-kill') }),
  },
  'repeats one kind': {
    breaks: 'no kind comes again before all others came',
    make: (seed, minutes) => schedule(seed, minutes, { kinds: ['worker-kill'] }),
  },
  'begins at once': {
    breaks: 'a baseline comes first, and a calm phase after each fault, none over another',
    make: (seed, minutes) => {
      const { faults, ...rest } = schedule(seed, minutes);
      return { ...rest, faults: faults.map((fault) => ({ ...fault, atMs: fault.atMs - rest.baselineMs })) };
    },
  },
  'wakes a worker up too early': {
    breaks: 'a frozen worker is given up by its peers before it wakes up',
    make: (seed, minutes) => schedule(seed, minutes, { heartbeatMs: 1_000 }),
  },
};

const RUNS = 200;
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const lengths = fc.double({ min: 0.5, max: 60, noNaN: true, noDefaultInfinity: true });
const verify = (law: Law, make: Make) =>
  fc.check(
    fc.property(seeds, lengths, (seed, minutes) => law(make, seed, minutes)),
    { numRuns: RUNS },
  );

describe('laws of the schedule', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const result = verify(law, schedule);
    expect(result.failed, fc.defaultReportMessage(result)).toBe(false);
  });

  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, make }) => {
    const law = laws[breaks];
    expect(law, breaks).toBeDefined();
    expect(law && verify(law, make).failed, `the mutant keeps "${breaks}"`).toBe(true);
  });

  test('every law has one', () => {
    const broken = new Set(Object.values(mutants).map(({ breaks }) => breaks));
    expect(Object.keys(laws).filter((law) => !broken.has(law))).toEqual([]);
  });
});

describe('the table', () => {
  test('fits 80 columns, and has a line for each fault', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, minutes) => {
        const plan = schedule(seed, minutes);
        const lines = scheduleTable(plan).split('\n');
        return lines.length === plan.faults.length + 2 && lines.every((line) => line.length <= MOST_COLUMNS);
      }),
      { numRuns: RUNS },
    );
  });
});

test('a minute has a fault', () => {
  for (let seed = 0; seed < RUNS; seed += 1) expect(schedule(seed, 1).faults.length, `seed ${seed}`).toBeGreaterThan(0);
});

test.each([
  [1.5, 1],
  [1, 0],
  [1, Number.NaN],
])('seed %d and %d minutes are refused', (seed, minutes) => {
  expect(() => schedule(seed, minutes)).toThrow(RangeError);
});
