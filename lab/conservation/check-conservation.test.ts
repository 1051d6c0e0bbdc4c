import { describe, expect, test } from 'vitest';
import type { BookedOrder, Books } from './books.ts';
import { checkConservation } from './check-conservation.ts';

const order = (key: string, sku: string, quantity: number, status = 'confirmed'): BookedOrder => ({
  orderId: `order-${key}`,
  key,
  sku,
  quantity,
  status,
});
/** Two SKUs, one sold out, one order rejected; all in order. */
const kept: Books = {
  stock: [
    { sku: 'pump', initial: 5, available: 0 },
    { sku: 'tube', initial: 10, available: 7 },
  ],
  orders: [
    order('k1', 'pump', 3),
    order('k2', 'pump', 2),
    order('k3', 'pump', 1, 'rejected'),
    order('k4', 'tube', 3),
    { orderId: 'order-k5', key: undefined, sku: 'tube', quantity: 1, status: 'rejected' },
  ],
  report: { confirmed: 3, rejected: 2, oversold: 0, violations: [] },
};
const textsOf = (books: Books) => checkConservation(books).violations.map(({ text }) => text);

test('books that are right: nothing is found, and they are counted', () => {
  expect(checkConservation(kept)).toEqual({ skus: 2, orders: 5, oversoldUnits: 0, violations: [] });
  expect(checkConservation({ ...kept, report: undefined }).violations).toEqual([]);
});

describe('one breach is found and named', () => {
  const withStock = (sku: string, change: object): Books => ({
    ...kept,
    report: undefined,
    stock: kept.stock.map((entry) => (entry.sku === sku ? { ...entry, ...change } : entry)),
  });
  const withOrder = (one: BookedOrder): Books => ({ ...kept, report: undefined, orders: [...kept.orders, one] });

  test.each<[string, Books, string[]]>([
    [
      'a unit that vanished',
      withStock('tube', { available: 6 }),
      ['1 SKU does not add up (initial = available + confirmed): tube: 10 ≠ 6 + 3'],
    ],
    [
      'a unit from nowhere',
      withStock('tube', { available: 8 }),
      ['1 SKU does not add up (initial = available + confirmed): tube: 10 ≠ 8 + 3'],
    ],
    [
      'overselling, with a stock that counts on below zero',
      {
        ...withOrder(order('k6', 'pump', 2)),
        stock: kept.stock.map((entry) => (entry.sku === 'pump' ? { ...entry, available: -2 } : entry)),
      },
      ['1 SKU was sold more often than it was there: pump by 2', '1 SKU has less than nothing available: pump: -2'],
    ],
    [
      'overselling, with a stock that does not notice',
      withOrder(order('k6', 'pump', 2)),
      [
        '1 SKU does not add up (initial = available + confirmed): pump: 5 ≠ 0 + 7',
        '1 SKU was sold more often than it was there: pump by 2',
      ],
    ],
    [
      'a sale of what was never stocked',
      withOrder(order('k6', 'ghost', 1)),
      ['1 SKU was sold and never stocked: ghost'],
    ],
    [
      'a key with two orders',
      {
        ...kept,
        report: undefined,
        orders: [...kept.orders, { ...order('k4', 'tube', 1, 'rejected'), orderId: 'another' }],
      },
      ['1 key has more than one order: k4'],
    ],
    [
      'an order that is not decided',
      withOrder(order('k6', 'tube', 1, 'queued')),
      ['1 listed order is neither confirmed nor rejected: order-k6: queued'],
    ],
    [
      'a report that counts otherwise',
      { ...kept, report: { confirmed: 4, rejected: 2, oversold: 1, violations: ['tube'] } },
      ['3 sums of the stage’s own report are others: confirmed 4 instead of 3, oversold 1 instead of 0, tube adds up'],
    ],
  ])('%s', (_, books, texts) => {
    expect(textsOf(books)).toEqual(texts);
  });

  test('a report that does not notice', () => {
    const silent = { ...withStock('tube', { available: 6 }), report: kept.report };
    expect(textsOf(silent)[1]).toBe('1 sum of the stage’s own report is another: no violation');
  });
});

test('an order that is listed twice is one', () => {
  const [first] = kept.orders;
  expect(textsOf({ ...kept, orders: [...kept.orders, ...(first ? [first] : [])] })).toEqual([]);
});

test('units sold beyond the stock are added up over SKUs, those never stocked too', () => {
  const books: Books = {
    stock: [{ sku: 'pump', initial: 1, available: 0 }],
    orders: [order('a', 'pump', 3), order('b', 'ghost', 4)],
    report: undefined,
  };
  expect(checkConservation(books).oversoldUnits).toBe(6);
});

test('a long list is cut after five', () => {
  const stock = Array.from({ length: 8 }, (_, place) => ({ sku: `s${place}`, initial: 1, available: 0 }));
  expect(textsOf({ stock, orders: [], report: undefined })[0]).toMatch(
    /^8 SKUs do not add up .*s4: 1 ≠ 0 \+ 0 and 3 more$/,
  );
});

test('names like __proto__ are SKUs and keys', () => {
  const stock = [{ sku: '__proto__', initial: 2, available: 1 }];
  expect(textsOf({ stock, orders: [order('constructor', '__proto__', 1)], report: undefined })).toEqual([]);
});
