// What holds of a run's orders and stock when all is decided, whatever the load was.

export interface DecidedOrder {
  readonly sku: string;
  readonly quantity: number;
  readonly status: string;
  /** Null: rejected, because its key was another order's. */
  readonly key: string | null;
}

export interface CountedStock {
  readonly sku: string;
  readonly initial: number;
  readonly available: number;
  readonly sold: number;
}

/** What does not hold, in words; empty if all does. `orders`: all there are of these products. */
export function brokenLaws(orders: readonly DecidedOrder[], stock: readonly CountedStock[]): string[] {
  const times = new Map<string, number>();
  const confirmed = new Map<string, number>();
  let withoutKey = 0;
  for (const { key, sku, status, quantity } of orders) {
    if (key === null) withoutKey++;
    else times.set(key, (times.get(key) ?? 0) + 1);
    if (status === 'confirmed') confirmed.set(sku, (confirmed.get(sku) ?? 0) + quantity);
  }
  const twice = [...times].filter(([, count]) => count > 1).map(([key]) => key);
  const uneven = stock.filter((one) => !adds(one, confirmed.get(one.sku) ?? 0));
  return [
    ...said(twice, (count, first) => `${count} purchases have more than one order, the first is that of key ${first}`),
    ...(withoutKey === 0 ? [] : [`${withoutKey} orders were refused for a key that this run gave to another purchase`]),
    ...said(uneven, (count, { sku, initial, available, sold }) => {
      const found = `${initial} at first, ${available} left, ${sold} sold, ${confirmed.get(sku) ?? 0} in confirmed orders`;
      return `the stock of ${count} products does not add up, the first is ${sku}: ${found}`;
    }),
  ];
}

/** Every unit is in the shop or in a confirmed order; none is sold that was not there. */
const adds = ({ initial, available, sold }: CountedStock, confirmed: number) =>
  available >= 0 && initial === available + sold && sold === confirmed;

function said<One>(broken: readonly One[], words: (count: number, first: One) => string): string[] {
  const [first] = broken;
  return first === undefined ? [] : [words(broken.length, first)];
}
