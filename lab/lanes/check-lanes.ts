import { withExamples } from '../checker/index.ts';
import { type Attempt, hasEnded } from './attempt.ts';

export type LaneBreach = 'processed twice' | 'overlapping' | 'inverted' | 'never ended';

interface LaneViolation {
  readonly breach: LaneBreach;
  readonly count: number;
  /** The first events it was seen at. */
  readonly examples: readonly string[];
  /** In words, with the examples. */
  readonly text: string;
}

/** An event that was processed at its first attempt, of a key that had nothing else to do when it was accepted. */
export interface IdleEvent {
  readonly acceptedAtMs: number;
  /** From accepted to processed, and the part of it that it was worked on. */
  readonly latencyMs: number;
  readonly workMs: number;
}

export interface LanesVerdict {
  readonly attempts: number;
  readonly keys: number;
  /** In the order of LaneBreach. */
  readonly violations: readonly LaneViolation[];
  readonly idle: readonly IdleEvent[];
  /** Attempts by how they ended. */
  readonly outcomes: ReadonlyMap<string, number>;
}

/** All attempts at one record of the stream, from the first begin to the last end: while it is retried the key's later ones wait, too. */
interface Run {
  readonly eventId: string;
  readonly offset: bigint;
  readonly acceptedAtMs: number;
  readonly attempts: number;
  readonly isProcessed: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Says whether each event was processed once, and each key's events one at a time, in the order of the stream, retries and changes
 * of hands included. Pure; time grows as n log n of the attempts.
 */
export function checkLanes(listed: readonly Attempt[]): LanesVerdict {
  const found: Record<LaneBreach, string[]> = {
    'processed twice': processedTwice(listed),
    overlapping: [],
    inverted: [],
    'never ended': neverEnded(listed),
  };
  const idle: IdleEvent[] = [];
  const lanes = Map.groupBy(
    listed.flatMap((attempt) => (attempt.place ? [{ ...attempt, place: attempt.place }] : [])),
    ({ key, place }) => `${key} ${place.partition}`,
  );
  for (const attempts of lanes.values()) {
    let [beganMs, busyUntilMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const run of runsOf(attempts)) {
      if (run.fromMs < beganMs) found.inverted.push(run.eventId);
      else if (run.fromMs < busyUntilMs) found.overlapping.push(run.eventId);
      if (run.isProcessed && run.attempts === 1 && busyUntilMs <= run.acceptedAtMs) idle.push(idleEvent(run));
      beganMs = Math.max(beganMs, run.fromMs);
      busyUntilMs = Math.max(busyUntilMs, run.toMs);
    }
  }
  const words: Readonly<Record<LaneBreach, readonly [one: string, many: string]>> = {
    'processed twice': ['event was processed twice', 'events were processed twice'],
    overlapping: [
      'event was begun while an earlier one of its patient was worked on',
      'events were begun while an earlier one of their patient was worked on',
    ],
    inverted: [
      'event was begun before an earlier one of its patient',
      'events were begun before an earlier one of theirs',
    ],
    'never ended': ['event was begun and never ended', 'events were begun and never ended'],
  };
  return {
    attempts: listed.length,
    keys: new Set(listed.map(({ key }) => key)).size,
    idle,
    outcomes: new Map(
      [...Map.groupBy(listed, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]),
    ),
    violations: (Object.keys(words) as LaneBreach[]).flatMap((breach) => {
      const where = [...new Set(found[breach])];
      if (where.length === 0) return [];
      const [one, many] = words[breach];
      return [{ breach, ...withExamples(`${where.length} ${where.length === 1 ? one : many}`, where) }];
    }),
  };
}

const PROCESSED = 'processed';

/** More than one end from one record, or processed from two; one that was given up on may be sent again. */
function processedTwice(listed: readonly Attempt[]): string[] {
  const ends = listed.filter(hasEnded);
  const recordOf = ({ eventId, place }: Attempt) => `${eventId} ${place?.partition} ${place?.offset}`;
  const twice = (attempts: readonly Attempt[], of: (attempt: Attempt) => string) =>
    [...Map.groupBy(attempts, of).values()].flatMap(([first, ...more]) =>
      first && more.length > 0 ? [first.eventId] : [],
    );
  const processed = ends.filter(({ outcome }) => outcome === PROCESSED);
  return [...twice(ends, recordOf), ...twice(processed, ({ eventId }) => eventId)];
}

function neverEnded(listed: readonly Attempt[]): string[] {
  const ended = new Set(listed.filter(hasEnded).map(({ eventId }) => eventId));
  return listed.map(({ eventId }) => eventId).filter((eventId) => !ended.has(eventId));
}

type Placed = Attempt & { readonly place: NonNullable<Attempt['place']> };

/** Of one key and partition, in the order of the stream. */
function runsOf(attempts: readonly Placed[]): Run[] {
  const runs = [...Map.groupBy(attempts, ({ place }) => place.offset)].map(
    ([offset, all]): Run => ({
      eventId: all[0]?.eventId ?? '',
      offset,
      acceptedAtMs: Math.min(...all.map(({ acceptedAtMs }) => acceptedAtMs)),
      attempts: all.length,
      isProcessed: all.some(({ outcome }) => outcome === PROCESSED),
      fromMs: Math.min(...all.map(({ startedAtMs }) => startedAtMs)),
      toMs: Math.max(...all.map(({ endedAtMs }) => endedAtMs)),
    }),
  );
  return runs.sort((a, b) => (a.offset < b.offset ? -1 : 1));
}

const idleEvent = ({ acceptedAtMs, fromMs, toMs }: Run): IdleEvent => ({
  acceptedAtMs,
  latencyMs: toMs - acceptedAtMs,
  workMs: toMs - fromMs,
});
