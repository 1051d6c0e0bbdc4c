import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alertMessage } from '../../shared/alerts/alert-message.ts';
import { runIdOf, shuffled, traceparentOf } from './identity.ts';
import { bodyOf, Messages, syntheticEpisodes } from './messages.ts';

const episodes = syntheticEpisodes();
const runOf = (seed: string) => new Messages({ seed, runId: runIdOf(seed) }, episodes);
const seed = fc.string({ minLength: 1, maxLength: 10 });
const phase = fc.constantFrom('baseline', 'fault', 'recovery', 'load');
const number = fc.integer({ min: 0, max: 10_000_000 });

describe('a message', () => {
  test('follows from seed, phase and number alone', () => {
    fc.assert(
      fc.property(seed, phase, number, (ofSeed, ofPhase, at) => {
        const other = runOf(ofSeed);
        other.of('another phase first', 7);
        expect(other.of(ofPhase, at)).toEqual(runOf(ofSeed).of(ofPhase, at));
      }),
      { numRuns: 30 },
    );
  });

  test('has an event id of its own in every phase and run', () => {
    const runs = ['1', '2', 'x'].map(runOf);
    const ids = runs.flatMap((run) =>
      ['baseline', 'fault', 'recovery'].flatMap((name) =>
        Array.from({ length: 2_000 }, (_, at) => run.of(name, at).identity.eventId),
      ),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is an alert as the functions take it', () => {
    fc.assert(
      fc.property(seed, phase, number, (ofSeed, ofPhase, at) => {
        const { alert, topic, identity } = runOf(ofSeed).of(ofPhase, at);
        const parsed = alertMessage.parse(JSON.parse(bodyOf(alert)));
        expect(parsed).toMatchObject(identity.eventId === parsed.eventId ? alert : { eventId: identity.eventId });
        expect(topic.split('/')).toEqual(['hl', alert.ward, expect.any(String), alert.patientId, 'alert']);
        expect(traceparentOf(alert.eventId)).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
      }),
      { numRuns: 30 },
    );
  });

  test('tells every episode once before one comes again, in another order for another seed', () => {
    const patients = (run: Messages) => episodes.map((_, at) => run.of('fault', at).identity.patientId);
    const [first, second] = [patients(runOf('1')), patients(runOf('2'))];
    expect(new Set(first).size).toBe(episodes.length);
    expect(new Set(second)).toEqual(new Set(first));
    expect(second).not.toEqual(first);
  });
});

test('a shuffle is a permutation, and not the plain order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), seed, (count, ofSeed) => {
      const order = shuffled(count, ofSeed);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
      if (count > 50) expect(order.filter((value, index) => value === index).length).toBeLessThan(count / 4);
    }),
  );
});
