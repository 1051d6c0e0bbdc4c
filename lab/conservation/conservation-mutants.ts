import type { BookedOrder, Books } from './books.ts';
import type { ConservationVerdict } from './check-conservation.ts';
import { type Check, realCheck } from './conservation-model.ts';

/** The check on books that it sees wrongly. */
const seeing =
  (blur: (books: Books) => Books): Check =>
  (books) =>
    realCheck(blur(books));
/** The check whose verdict is changed. */
const telling =
  (change: (verdict: ConservationVerdict, books: Books) => Partial<ConservationVerdict>): Check =>
  (books) => {
    const verdict = realCheck(books);
    return { ...verdict, ...change(verdict, books) };
  };
const eachOrder = (books: Books, change: (order: BookedOrder, place: number) => Partial<BookedOrder>): Books => ({
  ...books,
  orders: books.orders.map((order, place) => ({ ...order, ...change(order, place) })),
});
const without = (breach: string): Check =>
  telling(({ violations }) => ({ violations: violations.filter((one) => one.breach !== breach) }));

/** Small variations of the check, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; check: Check }> = {
  'counts orders instead of units': {
    breaks: 'in right books nothing is found',
    check: seeing((books) => eachOrder(books, () => ({ quantity: 1 }))),
  },
  'counts rejected orders as sold': {
    breaks: 'in right books nothing is found',
    check: seeing((books) => eachOrder({ ...books, report: undefined }, () => ({ status: 'confirmed' }))),
  },
  'adds all SKUs up as one': {
    breaks: 'units that are gone and in no order: found and named',
    check: telling(({ violations }, { stock, orders }) => {
      const sum = (units: readonly number[]) => units.reduce((total, one) => total + one, 0);
      const sold = sum(orders.filter(({ status }) => status === 'confirmed').map(({ quantity }) => quantity));
      const kept = sum(stock.map(({ initial, available }) => initial - available)) === sold;
      return { violations: violations.map((one) => (kept ? one : { ...one, examples: ['all'] })) };
    }),
  },
  'trusts what is available': {
    breaks: 'a confirmed order forgotten: found and named',
    check: seeing((books) => ({
      ...books,
      stock: books.stock.map((one) => ({
        ...one,
        available:
          one.initial -
          books.orders
            .filter(({ sku, status }) => sku === one.sku && status === 'confirmed')
            .reduce((units, { quantity }) => units + quantity, 0),
      })),
    })),
  },
  'takes what adds up for enough': {
    breaks: 'more sold than there was, the stock counted down below zero: found and named',
    check: without('oversold'),
  },
  'counts oversold SKUs instead of units': {
    breaks: 'more sold than there was, the stock counted down below zero: found and named',
    check: telling(({ oversoldUnits }) => ({ oversoldUnits: Math.min(1, oversoldUnits) })),
  },
  'looks at stocked SKUs only': {
    breaks: 'a sale of what was never stocked: found and named',
    check: seeing((books) => ({
      ...books,
      orders: books.orders.filter(({ sku }) => books.stock.some((one) => one.sku === sku)),
    })),
  },
  'takes one order a key': {
    breaks: 'a key with a second order: found and named',
    check: seeing((books) => ({
      ...books,
      orders: books.orders.filter(
        ({ key }, place) => key === undefined || books.orders.findIndex((other) => other.key === key) === place,
      ),
    })),
  },
  'takes orders without a key for those of one': {
    breaks: 'in right books nothing is found',
    check: seeing((books) => eachOrder(books, ({ key }) => ({ key: key ?? '' }))),
  },
  'takes what is not confirmed for rejected': {
    breaks: 'an order left undecided: found and named',
    check: seeing((books) =>
      eachOrder(books, ({ status }) => ({ status: status === 'confirmed' ? status : 'rejected' })),
    ),
  },
  'does not read the report': {
    breaks: 'a report that counts one order more: found and named',
    check: seeing((books) => ({ ...books, report: undefined })),
  },
  'reads the counts of the report only': {
    breaks: 'a report that blames a SKU that adds up: found and named',
    check: seeing((books) => ({ ...books, report: books.report && { ...books.report, violations: [] } })),
  },
  'counts each listing': {
    breaks: 'what is listed twice is one order',
    check: seeing((books) => eachOrder(books, (_, place) => ({ orderId: `${place}` }))),
  },
  'believes the first order of each SKU': {
    breaks: 'the order of a list changes nothing',
    check: telling((_, { orders }) => ({ orders: orders[0] === undefined ? 0 : Number(orders[0].orderId.slice(1)) })),
  },
};
