import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runIdOf } from './identity.ts';
import { type EventMix, MedicalEvents, patientOf } from './medical-events.ts';

const TS = '2026-10-01T10:00:00.000Z';
const seed = fc.string({ minLength: 1, maxLength: 10 });
const number = fc.integer({ min: 0, max: 10_000_000 });
const mix: fc.Arbitrary<EventMix> = fc.record({
  patients: fc.integer({ min: 1, max: 1_000 }),
  transientShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
  permanentShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
});
const runOf = (ofSeed: string, of: EventMix) => new MedicalEvents({ seed: ofSeed, runId: runIdOf(ofSeed) }, of, TS);

test('an event follows from seed, phase and number alone, and is of one of the run’s patients', () => {
  fc.assert(
    fc.property(seed, mix, number, (ofSeed, of, at) => {
      const other = runOf(ofSeed, of);
      other.of('another phase first', 7);
      const event = other.of('load', at);
      expect(event).toEqual(runOf(ofSeed, of).of('load', at));
      const patients = Array.from({ length: of.patients }, (_, index) => patientOf(runIdOf(ofSeed), index));
      expect(patients).toContain(event.patientId);
      expect(JSON.parse(event.body)).toMatchObject({ eventId: event.eventId, patientId: event.patientId, ts: TS });
    }),
    { numRuns: 30 },
  );
});

test('has an id of its own in every phase', () => {
  const run = runOf('1', { patients: 3, transientShare: 0, permanentShare: 0 });
  const ids = ['baseline', 'fault', 'recovery'].flatMap((phase) =>
    Array.from({ length: 2_000 }, (_, at) => run.of(phase, at).eventId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('fails as often as it should, and one in twenty requests is a repetition', () => {
  const drawn = 20_000;
  const run = runOf('1', { patients: 10, transientShare: 0.1, permanentShare: 0.01 });
  const events = Array.from({ length: drawn }, (_, at) => run.of('load', at));
  // Of a count that is random with this share, six standard deviations: exceeded once in 500 million times.
  const near = (share: number) => 6 * Math.sqrt(drawn * share * (1 - share));
  for (const [simulate, share] of [
    ['transient', 0.1],
    ['permanent', 0.01],
  ] as const) {
    const found = events.filter((event) => event.simulate === simulate).length;
    expect(Math.abs(found - drawn * share)).toBeLessThan(near(share));
  }
  const repeated = events.filter(({ isRepeated }) => isRepeated).length;
  expect(repeated / (drawn + repeated)).toBeCloseTo(0.05, 3);
});
