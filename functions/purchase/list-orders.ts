// Promise: paging from nextCursor to nextCursor shows every decided order once, of a system at rest.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { sequenceCursor } from '../../shared/http/sequence-cursor.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { booksSchema } from '../../shared/purchase/books.ts';
import { listOrders, orderPage } from '../../shared/purchase/order-read-store.ts';

/** About 300 KB of JSON. */
const MAX_PAGE = 1_000;
const query = z.strictObject({
  of: booksSchema,
  since: sequenceCursor,
  limit: pageLimit(MAX_PAGE),
});

export const handler = httpHandler({
  name: 'list-orders',
  stage: 'purchase',
  method: 'GET',
  access: STAFF,
  query,
  answers: { 200: orderPage },
  problems: DATABASE_PROBLEMS,
  async respond({ query: { of, since, limit }, recordMetric }) {
    const body = await listOrders(of, since, limit, { database: database(), recordMetric });
    return { status: 200, body, logged: { orders: body.orders.length } };
  },
});
