import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idempotencyKey } from '../../shared/purchase/idempotency-key.ts';
import { purchaseBody } from '../../shared/purchase/purchase-message.ts';
import { runIdOf } from './identity.ts';
import { type PurchaseMix, Purchases, skuOf, stockFor } from './purchases.ts';
import { ZipfSampler, zipfShares } from './zipf.ts';

const seed = fc.string({ minLength: 1, maxLength: 10 });
const phase = fc.constantFrom('baseline', 'fault', 'recovery', 'load');
const number = fc.integer({ min: 0, max: 10_000_000 });
const mix: fc.Arbitrary<PurchaseMix> = fc.record({
  skus: fc.integer({ min: 1, max: 50 }),
  exponent: fc.double({ min: 0, max: 2, noNaN: true }),
  quantity: fc.integer({ min: 1, max: 1_000 }),
});
const runOf = (ofSeed: string, { skus, exponent, quantity }: PurchaseMix) =>
  new Purchases({ seed: ofSeed, runId: runIdOf(ofSeed) }, quantity, new ZipfSampler(zipfShares(skus, exponent)));

describe('a purchase', () => {
  test('follows from seed, phase and number alone', () => {
    fc.assert(
      fc.property(seed, mix, phase, number, (ofSeed, of, ofPhase, at) => {
        const other = runOf(ofSeed, of);
        other.of('another phase first', 7);
        expect(other.of(ofPhase, at)).toEqual(runOf(ofSeed, of).of(ofPhase, at));
      }),
      { numRuns: 30 },
    );
  });

  test('of another seed is another one', () => {
    const of = { skus: 50, exponent: 1, quantity: 1 };
    const bodies = (ofSeed: string) =>
      Array.from({ length: 100 }, (_, at) => {
        const { customerId, sku } = JSON.parse(runOf(ofSeed, of).of('load', at).body);
        return `${customerId} ${sku.split('-').at(-1)}`;
      });
    expect(bodies('1')).toEqual(bodies('1'));
    expect(bodies('1')).not.toEqual(bodies('2'));
  });

  test('has a key of its own in every phase and run', () => {
    const of = { skus: 3, exponent: 1, quantity: 1 };
    const keys = ['1', '2', 'x'].flatMap((ofSeed) =>
      ['baseline', 'fault', 'recovery'].flatMap((name) => {
        const run = runOf(ofSeed, of);
        return Array.from({ length: 2_000 }, (_, at) => run.of(name, at).key);
      }),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('is one as the functions take it, of a product that was set up', () => {
    fc.assert(
      fc.property(seed, mix, phase, number, (ofSeed, of, ofPhase, at) => {
        const { key, sku, body } = runOf(ofSeed, of).of(ofPhase, at);
        const parsed = purchaseBody.parse(JSON.parse(body));
        expect(parsed).toMatchObject({ sku, quantity: of.quantity });
        expect(idempotencyKey({ 'idempotency-key': `"${key}"` })).toBe(key);
        const skus = Array.from({ length: of.skus }, (_, index) => skuOf(runIdOf(ofSeed), index + 1));
        expect(skus).toContain(sku);
      }),
      { numRuns: 30 },
    );
  });

  test('is of each product as often as its share says', () => {
    const drawn = 20_000;
    const of = { skus: 20, exponent: 1, quantity: 1 };
    // Of a count that is random with this share, six standard deviations: exceeded once in 500 million times.
    const tolerance = (share: number) => 6 * Math.sqrt(drawn * share * (1 - share));
    fc.assert(
      fc.property(seed, phase, (ofSeed, ofPhase) => {
        const run = runOf(ofSeed, of);
        const times = new Map<string, number>();
        for (let at = 0; at < drawn; at++) {
          const { sku } = run.of(ofPhase, at);
          times.set(sku, (times.get(sku) ?? 0) + 1);
        }
        for (const [index, share] of zipfShares(20, 1).entries()) {
          const found = times.get(skuOf(runIdOf(ofSeed), index + 1)) ?? 0;
          expect(Math.abs(found - drawn * share)).toBeLessThan(tolerance(share));
        }
      }),
      { numRuns: 10 },
    );
  });

  test('is sent again so often that one request in twenty is a repeat, within a second', () => {
    const run = runOf('7', { skus: 1, exponent: 1, quantity: 1 });
    const pauses = Array.from({ length: 1_900 }, (_, at) => run.of('load', at).repeatAfterMs).filter(
      (pause) => pause !== undefined,
    );
    expect(pauses.length / (1_900 + pauses.length)).toBe(1 / 20);
    expect(Math.max(...pauses)).toBeLessThan(1_000);
    expect(new Set(pauses).size).toBeGreaterThan(50);
  });
});

test('stock covers the demand that it is to cover: in whole purchases, of each product at least one', () => {
  fc.assert(
    fc.property(mix, fc.integer({ min: 1, max: 100_000 }), (of, planned) => {
      const units = stockFor(of, planned, 0.95);
      expect(units).toHaveLength(of.skus);
      expect(units.every((one) => one >= of.quantity && one % of.quantity === 0)).toBe(true);
      const purchases = units.reduce((sum, one) => sum + one, 0) / of.quantity;
      expect(purchases).toBeGreaterThanOrEqual(planned * 0.95 - 1e-6);
      expect(purchases).toBeLessThanOrEqual(planned * 0.95 + of.skus + 1e-6);
    }),
  );
});
