import fc from 'fast-check';
import type { Attempt } from './attempt.ts';
import { checkLanes, type LanesVerdict } from './check-lanes.ts';

export type Check = (attempts: readonly Attempt[]) => LanesVerdict;
export const realCheck: Check = checkLanes;

/** A right history, and what the plants need to falsify it. */
export interface Scenario {
  readonly attempts: readonly Attempt[];
  /** Of events whose patient had nothing else to do, and that were processed at once: how many there are. */
  readonly idle: number;
  /** Chooses whom a plant befalls. */
  readonly choice: number;
}

const PARTITIONS = ['p0', 'p1'];
const START_MS = 1_000_000;

const event = fc.record({
  /** An even patient's events are in one partition, an odd one's in the other. */
  patient: fc.nat(3),
  /** After the one before was accepted. */
  afterMs: fc.nat(9),
  /** From accepted to begun, where nothing of the patient's is under way. */
  waitMs: fc.nat(3),
  /** Of each attempt. */
  works: fc.array(
    fc.record({ ms: fc.integer({ min: 1, max: 9 }), failed: fc.constantFrom('failed', 'lost', 'returned') }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  end: fc.constantFrom('processed', 'processed', 'dead'),
});

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({ events: fc.array(event, { maxLength: 14 }), choice: fc.nat(1_000) })
  .map(({ events, choice }) => ({ ...rightHistory(events), choice }));

type PlannedEvent = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

/** One lane a patient, each event to its end before the next. */
function rightHistory(events: readonly PlannedEvent[]): Pick<Scenario, 'attempts' | 'idle'> {
  const freeFromMs = new Map<number, number>();
  const attempts: Attempt[] = [];
  let [acceptedAtMs, idle] = [START_MS, 0];
  for (const [number, { patient, afterMs, waitMs, works, end }] of events.entries()) {
    acceptedAtMs += afterMs;
    const freeMs = freeFromMs.get(patient) ?? 0;
    if (freeMs <= acceptedAtMs && works.length === 1 && end === 'processed') idle += 1;
    let nowMs = Math.max(freeMs, acceptedAtMs + waitMs);
    for (const [at, { ms, failed }] of works.entries()) {
      const outcome = at === works.length - 1 ? end : failed;
      const place = { partition: PARTITIONS[patient % PARTITIONS.length] ?? '', offset: BigInt(number) };
      const [eventId, key] = [`e${number}`, `k${patient}`];
      attempts.push({ eventId, key, outcome, place, acceptedAtMs, startedAtMs: nowMs, endedAtMs: nowMs + ms });
      nowMs += ms;
    }
    freeFromMs.set(patient, nowMs);
  }
  return { attempts: attempts.toSorted((a, b) => a.endedAtMs - b.endedAtMs), idle };
}
