// At the end of a run by itself: its orders against its stock, and the whole inventory's own account.
import exec from 'k6/execution';
import { type Order, ordersBehind, readJson } from './orders.ts';
import { via } from './purchase-client.ts';
import { brokenLaws } from './purchase-laws.ts';
import { skuOf } from './purchases.ts';
import { readStock } from './stock.ts';

interface Conservation {
  readonly oversold: number;
  readonly violations: readonly { readonly sku: string }[];
}

/** @param orderNumber the last order's before the run */
export function judge(runId: string, skus: number, orderNumber: number): void {
  const own = (sku: string) => sku.startsWith(skuOf(runId, ''));
  const account = via === 'naive' ? 'naive' : 'guarded';
  const { oversold, violations } = readJson<Conservation>(`/inventory/conservation?of=${account}`);
  const ownViolations = violations.filter(({ sku }) => own(sku)).length;
  const ofAll = `conservation of the ${account} inventory: oversold ${oversold}, products that do not add up: ${violations.length}, of this run: ${ownViolations}`;
  if (via === 'naive') {
    console.log(`${ofAll}. Naive purchases promise nothing: this is no failure of the run.`);
    return;
  }
  const orders = ordersBehind(orderNumber).filter(({ sku }) => own(sku));
  const stock = readStock(runId, skus);
  const laws = brokenLaws(orders, stock);
  console.log(ordersLine(orders, skus));
  console.log(
    `stock: ${sumOf(stock, 'initial')} at first, ${sumOf(stock, 'sold')} sold, ${sumOf(stock, 'available')} left`,
  );
  console.log(ofAll);
  for (const law of laws) exec.test.fail(law);
  if (oversold > 0) exec.test.fail(`the inventory is oversold by ${oversold} units`);
  if (ownViolations > 0) exec.test.fail(`the inventory says that ${ownViolations} products of this run do not add up`);
}

function ordersLine(orders: readonly Order[], skus: number): string {
  const confirmed = orders.filter(({ status }) => status === 'confirmed').length;
  return `decided: ${orders.length} orders of ${skus} products, ${confirmed} confirmed, ${orders.length - confirmed} rejected`;
}

const sumOf = (stock: ReturnType<typeof readStock>, field: 'initial' | 'sold' | 'available') =>
  stock.reduce((sum, one) => sum + one[field], 0);
