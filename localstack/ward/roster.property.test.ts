import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHeap } from './heap.ts';
import { bedAt, nextRecording, patientIdOf } from './roster.ts';

/** Beds that become free in any order; gives the recordings in the order of their admission, and who was in a bed then. */
function admit(recordings: number, beds: number, freed: readonly number[], next = nextRecording) {
  const admissions = Array.from({ length: recordings }, () => 0);
  const inBed = new Map<number, number>();
  const history: { recording: number; others: number[] }[] = [];
  for (const bed of [...Array.from({ length: beds }, (_, index) => index), ...freed.map((one) => one % beds)]) {
    inBed.delete(bed);
    const recording = next(admissions, new Set(inBed.values()));
    if (recording === undefined) throw new Error('a bed stays empty');
    history.push({ recording, others: [...inBed.values()] });
    admissions[recording] = (admissions[recording] ?? 0) + 1;
    inBed.set(bed, recording);
  }
  return history;
}

function lawHolds(next = nextRecording): void {
  const wards = fc
    .integer({ min: 1, max: 12 })
    .chain((recordings) =>
      fc.tuple(fc.constant(recordings), fc.integer({ min: 1, max: recordings }), fc.array(fc.nat())),
    );
  fc.assert(
    fc.property(wards, ([recordings, beds, freed]) => {
      const history = admit(recordings, beds, freed, next);
      const oncePerPatient = history.every(({ recording, others }) => !others.includes(recording));
      const first = history.slice(0, recordings).map(({ recording }) => recording);
      return oncePerPatient && (beds > 1 || new Set(first).size === first.length);
    }),
  );
}

test('no patient is in two beds, and one bed plays all before it plays one again', () => lawHolds());

test('taking the next of the list whoever is in a bed breaks that law', () => {
  let count = 0;
  expect(() =>
    lawHolds((admissions) => {
      count += 1;
      return count % admissions.length;
    }),
  ).toThrow();
});

test('names of beds and patients', () => {
  expect(bedAt(0)).toEqual({ index: 0, ward: 'icu-1', bed: 'bed-01', deviceId: 'mon-icu-1-bed-01' });
  expect(bedAt(11).deviceId).toBe('mon-icu-1-bed-12');
  expect(bedAt(12).deviceId).toBe('mon-icu-2-bed-01');
  expect([patientIdOf('13'), patientIdOf('6354')]).toEqual(['vdb-0013', 'vdb-6354']);
});

test('a heap gives its items in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (items) => {
      const heap = createHeap<number>((a, b) => a < b);
      for (const item of items) heap.push(item);
      const popped = items.map(() => heap.pop());
      expect(popped).toEqual([...items].sort((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
