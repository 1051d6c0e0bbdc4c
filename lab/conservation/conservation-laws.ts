import fc from 'fast-check';
import type { Check, Scenario } from './conservation-model.ts';
import { plants } from './conservation-plants.ts';

/** True where the check keeps the law on these books. */
export type Law = (scenario: Scenario, check: Check) => boolean;

/** Each plant is found in books that were right, as what it is, at the place that it was put to. */
const plantLaws = Object.entries(plants).map(([name, { breach, into }]): [string, Law] => [
  `${name}: found and named`,
  (scenario, check) => {
    const planted = into(scenario);
    fc.pre(planted !== undefined);
    if (planted === undefined) return true;
    const { violations, oversoldUnits } = check(planted.books);
    const found = violations.find((one) => one.breach === breach);
    return (
      oversoldUnits === (planted.oversoldUnits ?? 0) &&
      found?.count === 1 &&
      found.text.startsWith('1 ') &&
      found.examples.length === 1 &&
      (found.examples[0]?.includes(planted.at) ?? false)
    );
  },
]);

export const laws: Record<string, Law> = {
  'in right books nothing is found': ({ books }, check) => {
    const { violations, oversoldUnits } = check(books);
    return violations.length === 0 && oversoldUnits === 0;
  },
  'what is listed twice is one order': ({ books }, check) =>
    JSON.stringify(check({ ...books, orders: [...books.orders, ...books.orders] })) === JSON.stringify(check(books)),
  'the order of a list changes nothing': ({ books }, check) => {
    const reversed = { ...books, orders: books.orders.toReversed(), stock: books.stock.toReversed() };
    return JSON.stringify(check(reversed)) === JSON.stringify(check(books));
  },
  ...Object.fromEntries(plantLaws),
};
