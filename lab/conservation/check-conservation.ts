import { withExamples } from '../checker/index.ts';
import type { BookedOrder, Books, StageReport, StockEntry } from './books.ts';

export type ConservationBreach =
  | 'not conserved'
  | 'oversold'
  | 'below zero'
  | 'without stock'
  | 'two orders'
  | 'undecided status'
  | 'report differs';

/** One way in which the books are wrong. */
interface ConservationViolation {
  readonly breach: ConservationBreach;
  readonly count: number;
  /** The first SKUs, keys or orders it was seen at. */
  readonly examples: readonly string[];
  /** In words, with the examples. */
  readonly text: string;
}

export interface ConservationVerdict {
  readonly skus: number;
  readonly orders: number;
  /** Units sold beyond what there was to sell. */
  readonly oversoldUnits: number;
  /** In the order of ConservationBreach. */
  readonly violations: readonly ConservationViolation[];
}

/**
 * Adds the books of a stage at rest up, one SKU after the other: initial = available + confirmed; nothing sold that there was not;
 * nothing below zero; no key with two orders; every order confirmed or rejected; and the stage's own sums are these. Pure; time and
 * memory grow in proportion to the books.
 */
export function checkConservation({ stock, orders: listed, report }: Books): ConservationVerdict {
  // What the list shows twice is one order; that it does is the delivery checker's to tell.
  const orders = [...new Map(listed.map((order) => [order.orderId, order])).values()];
  const stockOf = new Map(stock.map((entry) => [entry.sku, entry]));
  const sold = confirmedUnits(orders);
  const of = (sku: string) => sold.get(sku) ?? 0;
  const oversold = stock.filter(({ sku, initial }) => of(sku) > initial);
  const withoutStock = [...sold.keys()].filter((sku) => !stockOf.has(sku));
  const unbalanced = stock.filter((entry) => entry.initial !== entry.available + of(entry.sku));
  const belowZero = stock.filter(({ available }) => available < 0);
  const broken = [...unbalanced, ...belowZero].map(({ sku }) => sku).concat(withoutStock);
  const oversoldUnits =
    oversold.reduce((sum, { sku, initial }) => sum + of(sku) - initial, 0) +
    withoutStock.reduce((sum, sku) => sum + of(sku), 0);
  const found: readonly (readonly [ConservationBreach, readonly string[], string, string])[] = [
    [
      'not conserved',
      unbalanced.map((entry) => balance(entry, of)),
      'SKU does not add up (initial = available + confirmed)',
      'SKUs do not add up (initial = available + confirmed)',
    ],
    [
      'oversold',
      oversold.map(({ sku, initial }) => `${sku} by ${of(sku) - initial}`),
      'SKU was sold more often than it was there',
      'SKUs were sold more often than they were there',
    ],
    [
      'below zero',
      belowZero.map(({ sku, available }) => `${sku}: ${available}`),
      'SKU has less than nothing available',
      'SKUs have less than nothing available',
    ],
    ['without stock', withoutStock, 'SKU was sold and never stocked', 'SKUs were sold and never stocked'],
    ['two orders', keysOfTwo(orders), 'key has more than one order', 'keys have more than one order'],
    [
      'undecided status',
      orders.filter(({ status }) => !DECIDED.has(status)).map(({ orderId, status }) => `${orderId}: ${status}`),
      'listed order is neither confirmed nor rejected',
      'listed orders are neither confirmed nor rejected',
    ],
    [
      'report differs',
      report ? differences(report, orders, oversoldUnits, broken) : [],
      'sum of the stage’s own report is another',
      'sums of the stage’s own report are others',
    ],
  ];
  return {
    skus: new Set([...stockOf.keys(), ...sold.keys()]).size,
    orders: orders.length,
    oversoldUnits,
    violations: found.flatMap(([breach, where, one, many]) =>
      where.length === 0
        ? []
        : [{ breach, ...withExamples(`${where.length} ${where.length === 1 ? one : many}`, where) }],
    ),
  };
}

const DECIDED: ReadonlySet<string> = new Set(['confirmed', 'rejected']);
const balance = ({ sku, initial, available }: StockEntry, confirmed: (sku: string) => number) =>
  `${sku}: ${initial} ≠ ${available} + ${confirmed(sku)}`;

function confirmedUnits(orders: readonly BookedOrder[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { sku, quantity, status } of orders) {
    if (status === 'confirmed') units.set(sku, (units.get(sku) ?? 0) + quantity);
  }
  return units;
}

function keysOfTwo(orders: readonly BookedOrder[]): string[] {
  const ordersOf = new Map<string, number>();
  for (const { key } of orders) if (key !== undefined) ordersOf.set(key, (ordersOf.get(key) ?? 0) + 1);
  return [...ordersOf].filter(([, count]) => count > 1).map(([key]) => key);
}

/** Where the stage's own sums are others than those of its orders and stock. */
function differences(
  report: StageReport,
  orders: readonly BookedOrder[],
  oversold: number,
  broken: readonly string[],
): string[] {
  const count = (wanted: string) => orders.filter(({ status }) => status === wanted).length;
  const sums = { confirmed: count('confirmed'), rejected: count('rejected'), oversold };
  const differing = (Object.keys(sums) as (keyof typeof sums)[])
    .filter((name) => report[name] !== sums[name])
    .map((name) => `${name} ${report[name]} instead of ${sums[name]}`);
  const wronglyNamed = report.violations.filter((sku) => !broken.includes(sku)).map((sku) => `${sku} adds up`);
  const silent = report.violations.length === 0 && broken.length > 0 ? ['no violation'] : [];
  return [...differing, ...wronglyNamed, ...silent];
}
