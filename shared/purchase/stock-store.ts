import { z } from 'zod';
import type { Books } from './books.ts';
import type { PurchaseContext } from './buy-store.ts';
import { skuSchema } from './purchase-message.ts';

const STAGE = { stage: 'purchase' } as const;
/** Broken SKUs named at most. */
const VIOLATIONS_MAX = 20;

/** Of naive sales, fewer than none may be available. */
export const stockSchema = z.strictObject({ sku: skuSchema, initial: z.int(), available: z.int(), sold: z.int() });
export type Stock = z.infer<typeof stockSchema>;

/** What does not add up: a SKU's units are available or in a confirmed order. Of an order for what was never in stock there is no more. */
const violation = z.strictObject({
  sku: skuSchema,
  initial: z.int().nullable(),
  available: z.int().nullable(),
  confirmed: z.int(),
});

export const conservationSchema = z.strictObject({
  skus: z.int(),
  confirmed: z.int(),
  rejected: z.int(),
  oversold: z.int().describe('units in confirmed orders beyond what there was to sell'),
  violations: z.array(violation),
});
export type Conservation = z.infer<typeof conservationSchema>;

const STOCK = 'sku, initial, available, initial - available AS sold';

/** The largest integer of Postgres. A naive sale that writes what it read before the stock was lowered adds units, time and again. */
const INTEGER_MAX = 2_147_483_647;

/** What was sold stays sold: fewer than that cannot be set, and no row comes back. Naive sales have a stock of their own. */
const SET = `
  WITH naive AS (
    INSERT INTO purchase.naive_stock (sku, initial, available) VALUES ($1, $2, $2)
    ON CONFLICT (sku) DO UPDATE SET initial = $2,
      available = least(naive_stock.available::bigint + $2 - naive_stock.initial, ${INTEGER_MAX})::int
  )
  INSERT INTO purchase.stock AS s (sku, initial, available) VALUES ($1, $2, $2)
  ON CONFLICT (sku) DO UPDATE SET available = s.available + $2 - s.initial, initial = $2
    WHERE s.available + $2 - s.initial >= 0
  RETURNING ${STOCK}`;

/**
 * Sets how many there are to sell of a SKU in all; what is available follows. Repeated it changes nothing.
 * @returns undefined when fewer than are sold already
 */
export async function setStock(
  { sku, initial }: { sku: string; initial: number },
  { database, recordMetric }: PurchaseContext,
): Promise<Stock | undefined> {
  const startedAt = performance.now();
  const [row] = await database.query<Stock & object>({ name: 'set-stock', text: SET, values: [sku, initial] });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return row;
}

/** The stock of a SKU, or undefined. */
export async function findStock(
  of: Books,
  sku: string,
  { database, recordMetric }: PurchaseContext,
): Promise<Stock | undefined> {
  const startedAt = performance.now();
  const text = `SELECT ${STOCK} FROM purchase.${of === 'naive' ? 'naive_stock' : 'stock'} WHERE sku = $1`;
  const [row] = await database.query<Stock & object>({ name: `find-stock-${of}`, text, values: [sku] });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row;
}

const conservationOf = (stock: string, orders: string, confirmed: string) => `
  WITH sold AS (
    SELECT sku, sum(quantity)::int AS confirmed FROM ${orders} WHERE ${confirmed} GROUP BY sku
  ), balance AS (
    SELECT sku, s.initial, s.available, coalesce(confirmed, 0) AS confirmed FROM ${stock} AS s FULL JOIN sold USING (sku)
  ), broken AS (
    SELECT * FROM balance WHERE initial IS DISTINCT FROM available + confirmed OR available < 0 ORDER BY sku LIMIT ${VIOLATIONS_MAX}
  )
  SELECT (SELECT count(*)::int FROM balance) AS skus,
    (SELECT count(*)::int FROM ${orders} WHERE ${confirmed}) AS confirmed,
    (SELECT count(*)::int FROM ${orders} WHERE NOT (${confirmed})) AS rejected,
    (SELECT coalesce(sum(greatest(0, confirmed - coalesce(initial, 0))), 0)::int FROM balance) AS oversold,
    (SELECT coalesce(jsonb_agg(to_jsonb(broken)), '[]') FROM broken) AS violations`;

const CONSERVATION: Record<Books, string> = {
  guarded: conservationOf('purchase.stock', 'purchase.orders', `status = 'confirmed'`),
  naive: conservationOf('purchase.naive_stock', 'purchase.naive_orders', 'true'),
};

/** Whether what there was to sell is what is available and what was confirmed, for every SKU. Reads all orders. */
export async function conservation(of: Books, { database, recordMetric }: PurchaseContext): Promise<Conservation> {
  const startedAt = performance.now();
  const statement = { name: `conservation-${of}`, text: CONSERVATION[of], values: [] };
  const [row] = await database.query<Conservation & object>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  if (row === undefined) throw new Error('the conservation query returned no row');
  return row;
}
