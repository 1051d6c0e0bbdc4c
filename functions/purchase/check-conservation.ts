// Promise: what there was to sell, against what is available and what was confirmed, for every SKU, as one snapshot has it.

import { z } from 'zod';
import { OPERATORS } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { booksSchema } from '../../shared/purchase/books.ts';
import { conservation, conservationSchema } from '../../shared/purchase/stock-store.ts';

const query = z.strictObject({ of: booksSchema });

export const handler = httpHandler({
  name: 'check-conservation',
  stage: 'purchase',
  method: 'GET',
  access: OPERATORS,
  query,
  answers: { 200: conservationSchema },
  problems: DATABASE_PROBLEMS,
  async respond({ query: { of }, recordMetric }) {
    const body = await conservation(of, { database: database(), recordMetric });
    recordMetric('inventory_oversold_units', body.oversold, { of });
    return { status: 200, body, logged: { oversold: body.oversold, violations: body.violations.length } };
  },
});
