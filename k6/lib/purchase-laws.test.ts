import { describe, expect, test } from 'vitest';
import { brokenLaws, type CountedStock, type DecidedOrder } from './purchase-laws.ts';

const order = (key: string | null, more: Partial<DecidedOrder> = {}): DecidedOrder => ({
  key,
  sku: 'a',
  quantity: 2,
  status: 'confirmed',
  ...more,
});
const orders = [order('1'), order('2'), order('3', { status: 'rejected' }), order('4', { sku: 'b' })];
const stock: CountedStock[] = [
  { sku: 'a', initial: 4, available: 0, sold: 4 },
  { sku: 'b', initial: 3, available: 1, sold: 2 },
  { sku: 'nobody wants it', initial: 3, available: 3, sold: 0 },
];

describe('the laws of a run', () => {
  test('hold of one in which all adds up', () => {
    expect(brokenLaws(orders, stock)).toEqual([]);
    expect(brokenLaws([], [])).toEqual([]);
  });

  test.each([
    ['a purchase with two orders', [...orders, order('3', { status: 'rejected' })], stock, /^1 purchases .* key 3$/],
    ['a key of two purchases', [...orders, order(null, { status: 'rejected' })], stock, /^1 orders were refused/],
    ['an order that is gone', orders.slice(1), stock, /first is a: 4 at first, 0 left, 4 sold, 2 in confirmed/],
    ['more sold than there was', [...orders, order('5')], stock, /4 at first, 0 left, 4 sold, 6 in confirmed/],
    ['a unit too many', orders, [...stock, { sku: 'c', initial: 1, available: 2, sold: 0 }], /first is c: 1 at/],
    ['less than nothing', orders, [...stock, { sku: 'c', initial: 0, available: -1, sold: 1 }], /first is c: 0 at/],
  ])('%s', (_, ofOrders, ofStock, words) => {
    const broken = brokenLaws(ofOrders, ofStock);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toMatch(words);
  });
});
