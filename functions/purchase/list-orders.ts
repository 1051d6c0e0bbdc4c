// Promise: paging from nextCursor to nextCursor shows every decided order once, of a system at rest.
import { z } from 'zod';
import { httpHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { booksSchema } from '../../shared/purchase/books.ts';
import { listOrders } from '../../shared/purchase/order-read-store.ts';

const DEFAULT_PAGE = 100;
/** About 300 KB of JSON. */
const MAX_PAGE = 1_000;
const query = z.strictObject({
  of: booksSchema,
  since: z
    .string()
    .regex(/^\d{1,18}$/, 'must be a nextCursor')
    .default('0'),
  limit: z.coerce
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_PAGE, `must be at most ${MAX_PAGE}`)
    .default(DEFAULT_PAGE),
});

export const handler = httpHandler({
  name: 'list-orders',
  stage: 'purchase',
  method: 'GET',
  query,
  async respond({ query: { of, since, limit }, recordMetric }) {
    const body = await listOrders(of, since, limit, { database: database(), recordMetric });
    return { status: 200, body, logged: { orders: body.orders.length } };
  },
});
