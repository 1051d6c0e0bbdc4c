import type { BookedOrder, Books } from './books.ts';
import type { ConservationBreach } from './check-conservation.ts';
import type { Scenario } from './conservation-model.ts';

/** A breach put into books that had none. */
interface Planted {
  readonly books: Books;
  /** Which SKU, key or order it befell. */
  readonly at: string;
  readonly oversoldUnits?: number;
}

interface Plant {
  readonly breach: ConservationBreach;
  /** Undefined where the books have nobody whom it could befall. */
  readonly into: (scenario: Scenario) => Planted | undefined;
}

const any = <T>(all: readonly T[], choice: number): T | undefined => all[choice % Math.max(1, all.length)];
const confirmed = ({ status }: BookedOrder) => status === 'confirmed';
/** Its sums would be others: what is planted is to be found without it. */
const unreported = (books: Books): Books => ({ ...books, report: undefined });

function withAvailable(books: Books, sku: string, change: number): Books {
  const stock = books.stock.map((one) => (one.sku === sku ? { ...one, available: one.available + change } : one));
  return { ...unreported(books), stock };
}

export const plants: Record<string, Plant> = {
  'units that are gone and in no order': {
    breach: 'not conserved',
    into: ({ books, choice, units }) => {
      const { sku } = any(books.stock, choice) ?? { sku: '' };
      return { at: sku, books: withAvailable(books, sku, -units) };
    },
  },
  'a confirmed order forgotten': {
    breach: 'not conserved',
    into: ({ books, choice }) => {
      const victim = any(books.orders.filter(confirmed), choice);
      if (!victim) return undefined;
      const orders = books.orders.filter(({ orderId }) => orderId !== victim.orderId);
      return { at: victim.sku, books: { ...unreported(books), orders } };
    },
  },
  'more sold than there was, the stock counted down below zero': {
    breach: 'oversold',
    into: ({ books, choice, units }) => {
      const entry = any(books.stock, choice);
      if (!entry) return undefined;
      const { sku, available } = entry;
      const order = { orderId: 'more', key: 'more', sku, quantity: available + units, status: 'confirmed' };
      const sold = withAvailable(books, sku, -order.quantity);
      return { at: sku, oversoldUnits: units, books: { ...sold, orders: [...books.orders, order] } };
    },
  },
  'a sale of what was never stocked': {
    breach: 'without stock',
    into: ({ books, units }) => {
      const order = { orderId: 'ghost', key: 'ghost', sku: 'ghost', quantity: units, status: 'confirmed' };
      return { at: 'ghost', oversoldUnits: units, books: { ...unreported(books), orders: [...books.orders, order] } };
    },
  },
  'a key with a second order': {
    breach: 'two orders',
    into: ({ books, choice }) => {
      const victim = any(
        books.orders.filter(({ key }) => key !== undefined),
        choice,
      );
      if (!victim) return undefined;
      const second = { ...victim, orderId: 'second', status: 'rejected' };
      return { at: victim.key ?? '', books: { ...unreported(books), orders: [...books.orders, second] } };
    },
  },
  'an order left undecided': {
    breach: 'undecided status',
    into: ({ books, choice }) => {
      const victim = any(
        books.orders.filter((order) => !confirmed(order)),
        choice,
      );
      if (!victim) return undefined;
      const orders = books.orders.map((order) => (order === victim ? { ...order, status: 'queued' } : order));
      return { at: victim.orderId, books: { ...unreported(books), orders } };
    },
  },
  'a report that counts one order more': {
    breach: 'report differs',
    into: ({ books }) => {
      if (!books.report) return undefined;
      const report = { ...books.report, confirmed: books.report.confirmed + 1 };
      return { at: 'confirmed', books: { ...books, report } };
    },
  },
  'a report that blames a SKU that adds up': {
    breach: 'report differs',
    into: ({ books, choice }) => {
      const { sku } = any(books.stock, choice) ?? { sku: '' };
      if (!books.report) return undefined;
      return { at: sku, books: { ...books, report: { ...books.report, violations: [sku] } } };
    },
  },
};
