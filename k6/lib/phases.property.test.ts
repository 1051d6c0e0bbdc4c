import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueMs, type Phase, parsePhases, planPhases, secondsOf, shiftS } from './phases.ts';

const rates = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 });
const phase: fc.Arbitrary<Phase> = fc.record({
  name: fc.constant('baseline'),
  startS: fc.integer({ min: 0, max: 100 }),
  // A multiple of what the rates are divided by: every rate gives whole messages.
  durationS: fc.integer({ min: 1, max: 10 }).map((seconds) => seconds * 12),
  rates,
});

describe('a planned phase', () => {
  test('has rate × seconds messages, each with its moment, in order and evenly, within the phase', () => {
    fc.assert(
      fc.property(phase, (given) => {
        const [planned] = planPhases([given]);
        if (!planned) throw new Error('no phase');
        const stepS = given.durationS / given.rates.length;
        expect(planned.count).toBe(given.rates.reduce((sum, rate) => sum + Math.round(rate * stepS), 0));
        let before = -1;
        for (let number = 0; number < planned.count; number += Math.ceil(planned.count / 50)) {
          const due = dueMs(planned, number);
          expect(due).toBeGreaterThan(before);
          expect(due).toBeLessThan(given.durationS * 1000);
          before = due;
        }
        expect(dueMs(planned, 0)).toBe(0);
        expect(() => dueMs(planned, planned.count)).toThrow(RangeError);
      }),
    );
  });

  test('30 then 60 a second', () => {
    const [planned] = parsePhases('[{"name":"baseline","startS":0,"durationS":20,"rates":[30,60]}]');
    expect(planned?.steps).toEqual([
      { rate: 30, fromS: 0, durationS: 10, first: 0, count: 300 },
      { rate: 60, fromS: 10, durationS: 10, first: 300, count: 600 },
    ]);
    expect(planned && dueMs(planned, 330)).toBe(10_500);
  });
});

describe('what is wrong is said', () => {
  const one = { name: 'a', startS: 0, durationS: 10, rates: [30] };
  test.each([
    ['no JSON', '{', 'PHASES must be JSON'],
    ['no list', '{}', 'must be a JSON list'],
    ['an empty list', '[]', 'must have a phase'],
    ['null', '[null]', 'phase 0 of PHASES: name must match'],
    ['a name that is no tag', JSON.stringify([{ ...one, name: 'a b' }]), 'name must match'],
    ['no rate', JSON.stringify([{ ...one, rates: [] }]), 'rates must be'],
    ['a broken rate', JSON.stringify([{ ...one, rates: [1.5] }]), 'rates must be'],
    ['half a message', JSON.stringify([{ ...one, durationS: 0.05 }]), 'phase a: 30/s for 0.05 s are 1.5 messages'],
    ['one name twice', JSON.stringify([one, { ...one, startS: 20 }]), 'the name occurs twice'],
    [
      'a short gap',
      JSON.stringify([one, { ...one, name: 'b', startS: 12 }]),
      'the gap after phase a must be 3 s or more',
    ],
  ])('%s', (_, json, message) => {
    expect(() => parsePhases(json)).toThrow(message);
  });
});

test('a load that begins at once is shifted, so that connections can be opened before it', () => {
  expect(shiftS([{ name: 'a', startS: 0, durationS: 1, rates: [1] }])).toBe(2);
  expect(shiftS([{ name: 'a', startS: 3, durationS: 1, rates: [1] }])).toBe(0);
});

test('durations', () => {
  expect(['30s', '2m', '500ms', '7'].map(secondsOf)).toEqual([30, 120, 0.5, 7]);
  expect(() => secondsOf('soon')).toThrow('"soon" is no duration');
});
