// Promise: how many there are to sell in all is what was set last; what is sold stays sold; sent again it changes nothing.
import { OPERATORS } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { stockBody } from '../../shared/purchase/purchase-message.ts';
import { setStock, stockSchema } from '../../shared/purchase/stock-store.ts';

export const handler = httpHandler({
  name: 'set-stock',
  stage: 'purchase',
  method: 'POST',
  access: OPERATORS,
  body: stockBody,
  answers: { 200: stockSchema },
  problems: ['stock_below_sold', ...DATABASE_PROBLEMS],
  async respond({ body, recordMetric }) {
    const stock = await setStock(body, { database: database(), recordMetric });
    if (stock === undefined) throw new HttpError('stock_below_sold', 'What is sold cannot be taken back.');
    return { status: 200, body: stock, logged: { sku: stock.sku, initial: stock.initial } };
  },
});
