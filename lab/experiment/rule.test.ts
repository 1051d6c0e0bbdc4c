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
  ])('%j for %d, with a baseline of 50', (rule, value, expected) => {
    expect(holds(ruleSchema.parse(rule), value, 50)).toBe(expected);
  });

  test('what was not measured holds no rule', () => {
    const anyBound = fc.oneof(
      fc.record({ above: fc.double({ noNaN: true }) }),
      fc.record({ below: fc.double({ noNaN: true }) }),
      fc.record({ equals: fc.double({ noNaN: true }) }),
      fc.record({ timesBaseline: fc.record({ below: fc.double({ noNaN: true }) }) }),
    );
    fc.assert(fc.property(anyBound, fc.double({ noNaN: true }), (rule, baseline) => !holds(rule, undefined, baseline)));
  });

  test('a ratio to a baseline that was not measured, or of nothing to nothing, is none', () => {
    expect(holds({ timesBaseline: { above: 0 } }, 3, undefined)).toBe(false);
    expect(holds({ timesBaseline: { between: [0.9, 1.1] } }, 0, 0)).toBe(true);
    expect(holds({ timesBaseline: { above: 5 } }, 1, 0)).toBe(true);
    expect(holds({ timesBaseline: { below: 5 } }, 1, 0)).toBe(false);
  });

  test('in signs', () => {
    const signs = ruleInSigns({ above: 200, timesBaseline: { between: [0.8, 1.2] } }, (value) => `${value} ms`);
    expect(signs).toBe('> 200 ms, 0.8× to 1.2×');
  });
});
