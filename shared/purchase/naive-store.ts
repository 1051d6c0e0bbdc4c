import { randomUUID } from 'node:crypto';
import type { PurchaseContext } from './buy-store.ts';
import type { PurchaseBody } from './purchase-message.ts';

const STAGE = { stage: 'purchase' } as const;
const READ = 'SELECT available FROM purchase.naive_stock WHERE sku = $1';
const WRITE = 'UPDATE purchase.naive_stock SET available = $2 WHERE sku = $1';
const ORDER =
  'INSERT INTO purchase.naive_orders (order_id, key, sku, quantity, customer_id) VALUES ($1, $2, $3, $4, $5)';

/**
 * How it is written when nobody thinks of the others: read what there is, decide, write back. Two that read at once both sell
 * the same unit, and what is sent twice is sold twice. Only to show that.
 */
export async function buyNaively(
  key: string,
  { sku, quantity, customerId }: PurchaseBody,
  { database, recordMetric }: PurchaseContext,
): Promise<{ orderId: string } | 'out_of_stock' | 'unknown_sku'> {
  const deadline = database.deadline();
  const startedAt = performance.now();
  const read = { name: 'naive-read', text: READ, values: [sku] };
  const [stock] = await database.query<{ available: number }>(read, deadline);
  if (stock === undefined) return 'unknown_sku';
  if (stock.available < quantity) return 'out_of_stock';
  await database.query({ name: 'naive-write', text: WRITE, values: [sku, stock.available - quantity] }, deadline);
  const orderId = randomUUID();
  await database.query(
    { name: 'naive-order', text: ORDER, values: [orderId, key, sku, quantity, customerId] },
    deadline,
  );
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  recordMetric('orders_total', 1, { via: 'naive', status: 'confirmed', reason: 'none' });
  return { orderId };
}
