import { z } from 'zod';
import type { Books } from './books.ts';
import type { PurchaseContext } from './buy-store.ts';
import { ORDER_COLUMNS, type Order, type OrderRow, orderSchema, toOrder } from './order.ts';

const STAGE = { stage: 'purchase' } as const;
const FIND = `SELECT ${ORDER_COLUMNS} FROM purchase.orders WHERE order_id = $1`;
const LIST: Record<Books, string> = {
  guarded: `SELECT ${ORDER_COLUMNS}, o.sequence::text FROM purchase.orders AS o WHERE o.sequence > $1::bigint ORDER BY o.sequence LIMIT $2`,
  // Decided when it was asked for, and never rejected: of those there is no order.
  naive: `SELECT order_id, key, sku, quantity, customer_id, 'confirmed' AS status, NULL AS reason,
      decided_at AS accepted_at, decided_at, o.sequence::text
    FROM purchase.naive_orders AS o WHERE o.sequence > $1::bigint ORDER BY o.sequence LIMIT $2`,
};

/** The order, once it is decided. */
export async function findOrder(orderId: string, context: PurchaseContext): Promise<Order | undefined> {
  const startedAt = performance.now();
  const [row] = await context.database.query<OrderRow>({ name: 'find-order', text: FIND, values: [orderId] });
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row && toOrder(row);
}

export const orderPage = z.strictObject({
  orders: z.array(orderSchema.extend({ key: z.string().nullable() })),
  nextCursor: z.string(),
});
export type OrderPage = z.infer<typeof orderPage>;

/** Orders by the numbers they got; one whose transaction is still open may appear behind the cursor: for a system at rest. */
export async function listOrders(
  of: Books,
  since: string,
  limit: number,
  context: PurchaseContext,
): Promise<OrderPage> {
  const startedAt = performance.now();
  const statement = { name: `list-orders-${of}`, text: LIST[of], values: [since, limit] };
  const rows = await context.database.query<OrderRow & { sequence: string }>(statement);
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const orders = rows.map((row) => ({ ...toOrder(row), key: row.key }));
  return { orders, nextCursor: rows.at(-1)?.sequence ?? since };
}
