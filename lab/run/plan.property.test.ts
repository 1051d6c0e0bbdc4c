import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DURATION_RANGE_S } from './options.ts';
import { faultWindow, type PlannedPhase, planPhases, spansOf, totalSeconds, windowsOf } from './plan.ts';

const MS_PER_S = 1_000;
/** Long enough for the slowest answer: the functions' limit of an operation. */
const SLOWEST_ANSWER_S = 2;

/** Whole seconds for each rate: what a command line can ask for and the load can apply exactly. */
const planned = fc
  .tuple(
    fc.integer({ min: DURATION_RANGE_S.from, max: DURATION_RANGE_S.to }),
    fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 4 }),
  )
  .map(([seconds, rates]) => planPhases(seconds * rates.length, rates));

/** What a verdict of phases rests on. */
function checkPlan(plan: readonly PlannedPhase[], faults = faultWindow(plan)): void {
  const spans = spansOf(plan);
  const [baseline, fault, recovery] = spans;
  expect(spans.map(({ name }) => name)).toEqual(['baseline', 'fault', 'recovery']);
  if (!baseline || !fault || !recovery) throw new Error('three phases');
  expect(baseline.fromS).toBeGreaterThan(0);
  expect(fault.fromS).toBeGreaterThan(baseline.toS);
  expect(recovery.fromS).toBeGreaterThan(fault.toS);
  // What was sent before has been answered when the faults go in; they are in before the first message and out after the last.
  expect(faults.inS).toBeGreaterThan(baseline.toS + SLOWEST_ANSWER_S);
  expect(faults.inS).toBeLessThan(fault.fromS);
  expect(faults.byS).toBe(fault.fromS);
  expect(faults.outS).toBeGreaterThan(fault.toS + SLOWEST_ANSWER_S);
  expect(faults.outS).toBeLessThan(recovery.fromS);
  expect(faults.outByS).toBe(recovery.fromS);
  expect(totalSeconds(plan)).toBeGreaterThan(recovery.toS + SLOWEST_ANSWER_S);
}

describe('the plan of a case', () => {
  test('phases are apart, and the faults are those of the fault phase alone', () => {
    fc.assert(fc.property(planned, (plan) => checkPlan(plan)));
  });

  test('counters of a phase are read when it has settled, before the next one begins and before the faults change', () => {
    fc.assert(
      fc.property(planned, fc.integer({ min: 0, max: 2 ** 41 }), (plan, startMs) => {
        const windows = windowsOf(plan, startMs);
        const { inS } = faultWindow(plan);
        const at = (s: number) => startMs + s * MS_PER_S;
        windows.forEach(({ toMs, settledMs = toMs }, index) => {
          expect(settledMs).toBeGreaterThanOrEqual(toMs);
          expect(settledMs).toBeLessThan(windows[index + 1]?.fromMs ?? at(totalSeconds(plan)));
        });
        expect(windows[0]?.settledMs).toBeLessThan(at(inS));
      }),
    );
  });

  test.each<[string, (plan: PlannedPhase[]) => void]>([
    ['phases that overlap', ([, fault]) => Object.assign(fault ?? {}, { startS: 4 })],
    [
      'no quiet after the faults',
      ([, fault, recovery]) =>
        Object.assign(recovery ?? {}, { startS: (fault?.startS ?? 0) + (fault?.durationS ?? 0) + 1 }),
    ],
    [
      'no quiet before them',
      ([baseline, fault]) =>
        Object.assign(fault ?? {}, { startS: 1 + (baseline?.startS ?? 0) + (baseline?.durationS ?? 0) }),
    ],
  ])('the check catches %s', (_, breakIt) => {
    const plan = planPhases(10, [30, 60]);
    breakIt(plan);
    expect(() => checkPlan(plan)).toThrow();
  });

  test.each([
    ['in too late', { inS: 20 }],
    ['out too early', { outS: 20 }],
    ['out too late', { outS: 40 }],
  ])('the check catches faults that are %s', (_, wrong) => {
    const plan = planPhases(10, [30]);
    expect(() => checkPlan(plan, { ...faultWindow(plan), ...wrong })).toThrow();
  });

  test('a load that cannot be applied exactly is refused before anything starts', () => {
    expect(() => planPhases(4.01, [30])).toThrow(
      /This load cannot be applied: .*not a whole number.* --duration or --rate/,
    );
    expect(() => planPhases(5, [1, 2])).toThrow(/not a whole number/);
    expect(planPhases(5, [2, 4])).toHaveLength(3);
  });
});
