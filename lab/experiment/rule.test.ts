import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holds, ruleInSigns, ruleSchema } from './rule.ts';

describe('a rule', () => {
  test.each([
    [{ above: 0 }, 0, false],
    [{ above: 0 }, 0.001, true],
    [{ atLeast: 1 }, 1, true],
    [{ below: 5 }, 5, false],
    [{ atMost: 5 }, 5, true],
    [{ between: [0.88, 0.92] as [number, number] }, 0.92, true],
    [{ between: [0.88, 0.92] as [number, number] }, 0.921, false],
    [{ equals: 1 }, 1, true],
    [{ above: 200, timesBaseline: { above: 5 } }, 300, true],
    [{ above: 200, timesBaseline: { above: 5 } }, 201, false],
    [{ timesCase: { case: 'sync', atMost: 0.2 } }, 200, true],
    [{ timesCase: { case: 'sync', atMost: 0.2 } }, 201, false],
    [{ above: 300, timesCase: { case: 'sync', atMost: 0.2 } }, 200, false],
    [{ timesBaseline: { above: 4 }, timesCase: { case: 'sync', atMost: 0.2 } }, 200, false],
  ])('%j for %d, with a baseline of 50 and 1,000 in case sync', (rule, value, expected) => {
    expect(holds(ruleSchema.parse(rule), value, { baseline: 50, ofCase: 1000 })).toBe(expected);
  });

  test('what was not measured holds no rule', () => {
    const anyBound = fc.oneof(
      fc.record({ above: fc.double({ noNaN: true }) }),
      fc.record({ below: fc.double({ noNaN: true }) }),
      fc.record({ equals: fc.double({ noNaN: true }) }),
      fc.record({ timesBaseline: fc.record({ below: fc.double({ noNaN: true }) }) }),
      fc.record({ timesCase: fc.record({ case: fc.constant('sync'), below: fc.double({ noNaN: true }) }) }),
    );
    fc.assert(
      fc.property(
        anyBound,
        fc.double({ noNaN: true }),
        (rule, reference) => !holds(rule, undefined, { baseline: reference, ofCase: reference }),
      ),
    );
  });

  test('a ratio to what was not measured is none; one of nothing to nothing is 1', () => {
    expect(holds({ timesBaseline: { above: 0 } }, 3, {})).toBe(false);
    expect(holds({ timesBaseline: { between: [0.9, 1.1] } }, 0, { baseline: 0 })).toBe(true);
    expect(holds({ timesBaseline: { above: 5 } }, 1, { baseline: 0 })).toBe(true);
    expect(holds({ timesBaseline: { below: 5 } }, 1, { baseline: 0 })).toBe(false);
    expect(holds({ timesCase: { case: 'sync', above: 0 } }, 3, { baseline: 1 })).toBe(false);
    expect(holds({ timesCase: { case: 'sync', below: 1 } }, 3, { ofCase: 0 })).toBe(false);
    expect(holds({ timesCase: { case: 'sync', equals: 1 } }, 0, { ofCase: 0 })).toBe(true);
  });

  test('of a ratio that says no bound is refused', () => {
    expect(ruleSchema.safeParse({ timesCase: { case: 'sync' } }).error?.message).toMatch(/must say one of above/);
    expect(ruleSchema.safeParse({ timesCase: { case: 'sync', phase: 'end', above: 1 } }).error?.message).toMatch(
      /must be one of baseline, fault, recovery, run/,
    );
  });

  test('in signs', () => {
    const signs = ruleInSigns({ above: 200, timesBaseline: { between: [0.8, 1.2] } }, (value) => `${value} ms`);
    expect(signs).toBe('> 200 ms, 0.8× to 1.2×');
    const show = (value: number) => `${value} ms`;
    expect(ruleInSigns({ timesCase: { case: 'sync', atMost: 0.2 } }, show)).toBe('≤ 0.2× sync');
    expect(ruleInSigns({ timesCase: { case: 'sync', phase: 'run', atLeast: 3 } }, show)).toBe('≥ 3× sync (run)');
  });
});
