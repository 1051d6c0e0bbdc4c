import { expect, test } from 'vitest';
import { purchaseSummary, purchasesText } from './purchase-summary.ts';

const counter = (count: number) => ({ type: 'counter', contains: 'default', values: { count, rate: 1 } });
const metrics = {
  producer_sent_msgs: counter(100),
  dropped_iterations: counter(7),
  purchases_accepted: counter(80),
  purchases_confirmed: counter(70),
  purchases_rejected: counter(9),
  purchases_failed: counter(20),
  'purchases_failed{reason:database_slow}': counter(15),
  'purchases_failed{reason:timeout}': counter(0),
  purchases_undecided: counter(1),
  purchases_repeated: counter(5),
};

test('says what became of the purchases, those that were never sent included', () => {
  expect(purchasesText({ metrics }, 110)).toBe(
    [
      'Purchases: 110 planned, 100 sent, 7 dropped for want of VUs, 3 not begun in time',
      '  80 accepted, 70 confirmed, 9 rejected, 20 failed (database_slow 15, other 5), 1 accepted and never decided',
      '  sent again: 5 answered with the same bytes, 0 with others, 0 not',
    ].join('\n'),
  );
  expect(purchasesText({ metrics: {} }, 5)).toContain(
    'Purchases: 5 planned, 0 sent, 0 dropped for want of VUs, 5 not begun',
  );
});

test('has no line for each reason', () => {
  const { stdout } = purchaseSummary(110)({ metrics });
  expect(stdout).toMatch(/purchases_failed\.+: 20/);
  expect(stdout).not.toContain('{reason');
});
