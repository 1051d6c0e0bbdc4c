import fc from 'fast-check';
import type { BookedOrder, Books, StockEntry } from './books.ts';
import { type ConservationVerdict, checkConservation } from './check-conservation.ts';

export type Check = (books: Books) => ConservationVerdict;
export const realCheck: Check = checkConservation;

/** Right books, and what the plants need to falsify them. */
export interface Scenario {
  readonly books: Books;
  /** Chooses whom a plant befalls. */
  readonly choice: number;
  /** By how many units. */
  readonly units: number;
}

const SKUS = ['pump', 'tube', 'mask'];
const purchase = fc.record({
  sku: fc.constantFrom(...SKUS),
  quantity: fc.integer({ min: 1, max: 4 }),
  /** Refused its key. */
  refused: fc.boolean(),
});

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    initial: fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12)),
    purchases: fc.array(purchase, { maxLength: 20 }),
    choice: fc.nat(1_000),
    units: fc.integer({ min: 1, max: 9 }),
    reports: fc.boolean(),
  })
  .map(({ initial, purchases, choice, units, reports }) => ({
    books: correctShop(initial, purchases, reports),
    choice,
    units,
  }));

/** A shop that sells what it has, and no more. */
function correctShop(
  initial: readonly number[],
  purchases: readonly { sku: string; quantity: number; refused: boolean }[],
  reports: boolean,
): Books {
  const left = new Map(SKUS.map((sku, place) => [sku, initial[place] ?? 0]));
  const orders = purchases.map(({ sku, quantity, refused }, number): BookedOrder => {
    const available = left.get(sku) ?? 0;
    const sells = !refused && available >= quantity;
    if (sells) left.set(sku, available - quantity);
    return {
      orderId: `o${number}`,
      key: refused ? undefined : `k${number}`,
      sku,
      quantity,
      status: sells ? 'confirmed' : 'rejected',
    };
  });
  const confirmed = orders.filter(({ status }) => status === 'confirmed').length;
  const stock = SKUS.map(
    (sku, place): StockEntry => ({ sku, initial: initial[place] ?? 0, available: left.get(sku) ?? 0 }),
  );
  const report = { confirmed, rejected: orders.length - confirmed, oversold: 0, violations: [] };
  return { stock, orders, report: reports ? report : undefined };
}
