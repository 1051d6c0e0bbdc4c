import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AppliedFault, recoveries, throughput } from './recoveries.ts';

const BASELINE = 100;
/** Effects at this rate, evenly. */
const at = (rate: number, fromS: number, untilS: number) =>
  Array.from({ length: Math.round(rate * (untilS - fromS)) }, (_, n) => fromS * 1_000 + (n * 1_000) / rate);
const fault = (fromS: number, untilS: number, calmUntilS: number): AppliedFault => ({
  number: 1,
  fromMs: fromS * 1_000,
  untilMs: untilS * 1_000,
  calmUntilMs: calmUntilS * 1_000,
});
const recoveryOf = (effects: readonly number[], ...faults: AppliedFault[]) => recoveries(effects, faults, BASELINE)[0];

describe('recovery', () => {
  test('a fault that nobody notices is recovered from at once', () => {
    expect(recoveryOf(at(100, 0, 40), fault(10, 10, 30))).toEqual({ number: 1, outcome: { seconds: 0 }, ratio: 1 });
  });

  test('counts from the end of the fault', () => {
    const { outcome } = recoveryOf([...at(100, 0, 10), ...at(100, 18, 40)], fault(10, 15, 40)) ?? {};
    // The first window that may lack 5 %: it begins 0.2 s early.
    expect(outcome).toEqual({ seconds: 2.8 });
  });

  test('a throughput that stays lower is none', () => {
    const found = recoveryOf([...at(100, 0, 10), ...at(90, 10, 40)], fault(10, 10, 40));
    expect(found?.outcome).toBe('not');
    expect(found?.ratio).toBeCloseTo(0.9, 2);
  });

  test('what had piled up, with nothing behind it, is none', () => {
    const burst = [...at(100, 0, 10), ...at(300, 15, 20)];
    expect(recoveryOf(burst, fault(10, 15, 40))?.outcome).toBe('not');
  });

  test('what had piled up, and then goes on, is one', () => {
    const burst = [...at(100, 0, 10), ...at(300, 16, 18), ...at(100, 18, 40)];
    const { outcome } = recoveryOf(burst, fault(10, 15, 40)) ?? {};
    expect(outcome).toHaveProperty('seconds');
    expect(outcome).not.toEqual({ seconds: 25 });
  });

  test('no effect at all is none', () => {
    expect(recoveryOf([], fault(10, 15, 40))).toEqual({ number: 1, outcome: 'not', ratio: 0 });
  });

  test('a calm phase without room tells nothing', () => {
    expect(recoveryOf(at(100, 0, 40), fault(10, 15, 17))?.outcome).toBe('too short');
  });

  test('what comes after the next fault began does not count', () => {
    const first = fault(10, 10, 20);
    expect(recoveryOf([...at(100, 0, 10), ...at(100, 20, 60)], first)?.outcome).toBe('not');
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a baseline of %d is refused', (baseline) => {
    expect(() => recoveries([], [], baseline)).toThrow(RangeError);
  });
});

describe('laws', () => {
  const effects = fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 400 });
  const faults = fc.record({ fromMs: fc.nat(20_000), lastsMs: fc.nat(10_000), calmMs: fc.nat(30_000) });

  test('the order of the effects is no matter, and it never asks for less than it says', () => {
    fc.assert(
      fc.property(
        effects,
        faults,
        fc.integer({ min: 1, max: 20 }),
        (effectMs, { fromMs, lastsMs, calmMs }, baseline) => {
          const untilMs = fromMs + lastsMs;
          const one = { number: 1, fromMs, untilMs, calmUntilMs: untilMs + calmMs };
          const [found] = recoveries(effectMs, [one], baseline);
          const [other] = recoveries(effectMs.toReversed(), [one], baseline);
          expect(found).toEqual(other);
          if (typeof found?.outcome !== 'object') return;
          const sorted = effectMs.toSorted((a, b) => a - b);
          const fromThen = throughput(sorted, untilMs + found.outcome.seconds * 1_000, one.calmUntilMs);
          expect(fromThen).toBeGreaterThanOrEqual(0.95 * baseline - 1e-6);
        },
      ),
    );
  });

  test('throughput is a count divided by time', () => {
    fc.assert(
      fc.property(effects, fc.nat(60_000), fc.integer({ min: 1, max: 60_000 }), (effectMs, fromMs, lengthMs) => {
        const sorted = effectMs.toSorted((a, b) => a - b);
        const count = effectMs.filter((ms) => ms >= fromMs && ms < fromMs + lengthMs).length;
        expect(throughput(sorted, fromMs, fromMs + lengthMs)).toBeCloseTo((count * 1_000) / lengthMs, 6);
      }),
    );
  });
});
