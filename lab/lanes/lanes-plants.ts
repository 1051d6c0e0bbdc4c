import type { Attempt } from './attempt.ts';
import type { LaneBreach } from './check-lanes.ts';
import type { Scenario } from './lanes-model.ts';

/** A breach put into a history that had none. */
interface Planted {
  readonly attempts: readonly Attempt[];
  /** Which event it befell. */
  readonly at: string;
}

interface Plant {
  readonly breach: LaneBreach;
  /** Undefined where the history has nobody whom it could befall. */
  readonly into: (scenario: Scenario) => Planted | undefined;
}

const any = <T>(all: readonly T[], choice: number): T | undefined => all[choice % Math.max(1, all.length)];
const isEnd = ({ outcome }: Attempt) => outcome === 'processed' || outcome === 'dead';
const offsetOf = ({ place }: Attempt) => place?.offset ?? 0n;

/** An event's end, and the whole of the one before of its patient. */
function pairOf({
  attempts,
  choice,
}: Scenario): { before: Attempt; first: Attempt; event: readonly Attempt[] } | undefined {
  const pairs = attempts.filter(isEnd).flatMap((end) => {
    const event = attempts.filter(({ eventId }) => eventId === end.eventId);
    const earlier = attempts.filter((one) => one.key === end.key && offsetOf(one) < offsetOf(end));
    const before = earlier.toSorted((a, b) => a.endedAtMs - b.endedAtMs).at(-1);
    const first = attempts
      .filter(({ eventId }) => eventId === before?.eventId)
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs)[0];
    return before && first ? [{ before, first, event }] : [];
  });
  return any(pairs, choice);
}

const moved = (attempts: readonly Attempt[], event: readonly Attempt[], startedAtMs: number): Attempt[] => {
  const first = event.toSorted((a, b) => a.startedAtMs - b.startedAtMs)[0];
  return attempts.map((one) => (one === first ? { ...one, startedAtMs } : one));
};

export const plants: Record<string, Plant> = {
  'an event processed a second time': {
    breach: 'processed twice',
    into: ({ attempts, choice }) => {
      const victim = any(
        attempts.filter(({ outcome }) => outcome === 'processed'),
        choice,
      );
      return victim && { at: victim.eventId, attempts: [...attempts, victim] };
    },
  },
  'an event processed again from a repetition': {
    breach: 'processed twice',
    into: ({ attempts, choice }) => {
      const victim = any(
        attempts.filter(({ outcome }) => outcome === 'processed'),
        choice,
      );
      if (!victim?.place) return undefined;
      const lastMs = Math.max(...attempts.map(({ endedAtMs }) => endedAtMs));
      const place = { ...victim.place, offset: 1_000n };
      return {
        at: victim.eventId,
        attempts: [...attempts, { ...victim, place, startedAtMs: lastMs, endedAtMs: lastMs }],
      };
    },
  },
  'an event that was given up on and processed': {
    breach: 'processed twice',
    into: ({ attempts, choice }) => {
      const victim = any(attempts.filter(isEnd), choice);
      if (!victim) return undefined;
      const outcome = victim.outcome === 'dead' ? 'processed' : 'dead';
      return { at: victim.eventId, attempts: [...attempts, { ...victim, outcome }] };
    },
  },
  'an event begun before the one before has ended': {
    breach: 'overlapping',
    into: (scenario) => {
      const { before, event } = pairOf(scenario) ?? {};
      if (!before || !event) return undefined;
      const attempts = moved(scenario.attempts, event, before.endedAtMs - 1);
      return { at: event[0]?.eventId ?? '', attempts };
    },
  },
  'an event begun between two attempts at the one before': {
    breach: 'overlapping',
    into: (scenario) => {
      const { before, first, event } = pairOf(scenario) ?? {};
      if (!before || !first || !event || first.endedAtMs > before.startedAtMs) return undefined;
      return { at: event[0]?.eventId ?? '', attempts: moved(scenario.attempts, event, before.startedAtMs) };
    },
  },
  'an event begun first': {
    breach: 'inverted',
    into: (scenario) => {
      const { before, event } = pairOf(scenario) ?? {};
      if (!before || !event) return undefined;
      const all = scenario.attempts.filter(({ key }) => key === before.key);
      const firstMs = Math.min(...all.map(({ startedAtMs }) => startedAtMs));
      return { at: event[0]?.eventId ?? '', attempts: moved(scenario.attempts, event, firstMs - 1) };
    },
  },
  'an event whose last attempt failed': {
    breach: 'never ended',
    into: ({ attempts, choice }) => {
      const victim = any(attempts.filter(isEnd), choice);
      if (!victim) return undefined;
      const without = attempts.map((one) => (one === victim ? { ...one, outcome: 'failed' } : one));
      return { at: victim.eventId, attempts: without };
    },
  },
};
