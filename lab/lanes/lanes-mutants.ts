import type { Attempt } from './attempt.ts';
import type { LaneBreach, LanesVerdict } from './check-lanes.ts';
import { type Check, realCheck } from './lanes-model.ts';

/** The check on a history that it sees wrongly. */
const seeing =
  (blur: (attempts: readonly Attempt[]) => readonly Attempt[]): Check =>
  (attempts) =>
    realCheck(blur(attempts));
/** The check whose verdict is changed. */
const telling =
  (change: (verdict: LanesVerdict) => Partial<LanesVerdict>): Check =>
  (attempts) => {
    const verdict = realCheck(attempts);
    return { ...verdict, ...change(verdict) };
  };
const without = (breach: LaneBreach): Check =>
  telling(({ violations }) => ({ violations: violations.filter((one) => one.breach !== breach) }));
const each = (change: (attempt: Attempt) => Partial<Attempt>) =>
  seeing((attempts) => attempts.map((attempt) => ({ ...attempt, ...change(attempt) })));
const firstBy = (attempts: readonly Attempt[], of: (attempt: Attempt) => string) =>
  attempts.filter((one, at) => attempts.findIndex((other) => of(other) === of(one)) === at);

/** Small variations of the check, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; check: Check }> = {
  'takes all patients for one': {
    breaks: 'in a right history nothing is found',
    check: each(() => ({ key: 'one' })),
  },
  'goes by the time of acceptance backwards': {
    breaks: 'in a right history nothing is found',
    check: each(({ place }) => ({ place: place && { ...place, offset: -place.offset } })),
  },
  'takes a lost attempt for an end': {
    breaks: 'in a right history nothing is found',
    check: each(({ outcome }) => (outcome === 'lost' ? { outcome: 'dead' } : {})),
  },
  'calls none idle': { breaks: 'what happened to idle patients is told, once', check: telling(() => ({ idle: [] })) },
  'calls an event that was tried again one of an idle patient': {
    breaks: 'what happened to idle patients is told, once',
    check: seeing((attempts) => attempts.filter(({ outcome }) => outcome === 'processed' || outcome === 'dead')),
  },
  'counts what failed once': {
    breaks: 'each attempt is counted by how it ended',
    check: seeing((attempts) => firstBy(attempts, ({ eventId, outcome }) => `${eventId} ${outcome}`)),
  },
  'goes by the order of the list': {
    breaks: 'the order of a list changes nothing',
    check: seeing((attempts) =>
      attempts.map((one, at) => ({ ...one, place: one.place && { ...one.place, offset: BigInt(at) } })),
    ),
  },
  'believes the first that it hears of an event': {
    breaks: 'an event processed a second time: found and named',
    check: seeing((attempts) => firstBy(attempts, ({ eventId, startedAtMs }) => `${eventId} ${startedAtMs}`)),
  },
  'looks at each record alone': {
    breaks: 'an event processed again from a repetition: found and named',
    check: each(({ eventId, place }) => ({ eventId: place?.offset === 1_000n ? `${eventId} again` : eventId })),
  },
  'takes given up on for not ended': {
    breaks: 'an event that was given up on and processed: found and named',
    check: each(({ outcome }) => (outcome === 'dead' ? { outcome: 'failed' } : {})),
  },
  'lets events overlap': {
    breaks: 'an event begun before the one before has ended: found and named',
    check: without('overlapping'),
  },
  'looks at last attempts only': {
    breaks: 'an event begun between two attempts at the one before: found and named',
    check: seeing((attempts) => attempts.filter(({ outcome }) => outcome === 'processed' || outcome === 'dead')),
  },
  'takes an inversion for an overlap': { breaks: 'an event begun first: found and named', check: without('inverted') },
  'takes the last attempt for the end': {
    breaks: 'an event whose last attempt failed: found and named',
    check: without('never ended'),
  },
};
