// Promise: what there is of a SKU now: initial = available + sold.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { booksSchema } from '../../shared/purchase/books.ts';
import { skuSchema } from '../../shared/purchase/purchase-message.ts';
import { findStock, stockSchema } from '../../shared/purchase/stock-store.ts';

const query = z.strictObject({ of: booksSchema });

export const handler = httpHandler({
  name: 'get-stock',
  stage: 'purchase',
  method: 'GET',
  access: STAFF,
  path: z.object({ sku: skuSchema }),
  query,
  answers: { 200: stockSchema },
  problems: ['unknown_sku', ...DATABASE_PROBLEMS],
  async respond({ path: { sku }, query: { of }, recordMetric }) {
    const stock = await findStock(of, sku, { database: database(), recordMetric });
    if (stock === undefined) throw new HttpError('unknown_sku', 'No stock was set up for this SKU.');
    return { status: 200, body: stock };
  },
});
