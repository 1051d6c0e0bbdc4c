import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { ORDER_COLUMNS, type Order, type OrderRow, toOrder } from './order.ts';
import { orderIdOf, type PurchaseBody } from './purchase-message.ts';

const STAGE = { stage: 'purchase' } as const;

export interface PurchaseContext {
  database: Database;
  recordMetric: RecordMetric;
}

/**
 * `new`: decided now; `same`: it was decided before; `different`: its key was used for another purchase; `in_flight`: its key is being
 * worked on by another request.
 */
export type BuyResult = { outcome: 'new' | 'same'; order: Order } | { outcome: 'different' } | { outcome: 'in_flight' };

const columns = ORDER_COLUMNS.split(', ')
  .map((column) => `(b.known).${column}`)
  .join(', ');
const BUY = `SELECT b.outcome, ${columns} FROM purchase.buy($1, $2, $3, $4, $5) AS b`;

/**
 * Decides a purchase at once: key, stock and order in one statement, confirmed only if there is enough.
 * @throws TransientError when the database is away or slow: all was done or nothing, the same key tells.
 */
export async function buy(key: string, body: PurchaseBody, context: PurchaseContext): Promise<BuyResult> {
  const { sku, quantity, customerId } = body;
  const startedAt = performance.now();
  const statement = { name: 'buy', text: BUY, values: [orderIdOf(key, body), key, sku, quantity, customerId] };
  const [row] = await context.database.query<OrderRow & { outcome: BuyResult['outcome'] }>(statement);
  context.recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (row === undefined) throw new Error('purchase.buy returned no row');
  const { outcome } = row;
  if (outcome === 'different' || outcome === 'in_flight') return { outcome };
  const order = toOrder(row);
  if (outcome === 'new') countOrder('sync', order, context.recordMetric);
  else context.recordMetric('orders_repeated_total', 1, { via: 'sync' });
  return { outcome, order };
}

/** Counts a decision by the way that it came. */
export function countOrder(
  via: 'sync' | 'async',
  { status, reason }: { status: string; reason?: string | null | undefined },
  recordMetric: RecordMetric,
): void {
  recordMetric('orders_total', 1, { via, status, reason: reason ?? 'none' });
}
