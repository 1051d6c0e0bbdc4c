// Promise: paging from nextCursor to nextCursor shows every decided order once, of a system at rest.
import { z } from 'zod';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { booksSchema } from '../../shared/purchase/books.ts';
import { listOrders } from '../../shared/purchase/order-read-store.ts';

/** About 300 KB of JSON. */
const MAX_PAGE = 1_000;
const query = z.strictObject({
  of: booksSchema,
  since: z
    .string()
    .regex(/^\d{1,18}$/, 'must be a nextCursor')
    .default('0'),
  limit: pageLimit(MAX_PAGE),
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
