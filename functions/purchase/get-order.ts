// Promise: a decided order as it is stored; one that is not known is on its way, or was never accepted.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { orderSchema, queuedOrder } from '../../shared/purchase/order.ts';
import { findOrder } from '../../shared/purchase/order-read-store.ts';
import { orderIdSchema } from '../../shared/purchase/purchase-message.ts';

export const handler = httpHandler({
  name: 'get-order',
  stage: 'purchase',
  method: 'GET',
  access: STAFF,
  path: z.object({ orderId: orderIdSchema }),
  answers: { 200: z.union([orderSchema, queuedOrder]) },
  problems: DATABASE_PROBLEMS,
  async respond({ path: { orderId }, recordMetric }) {
    const order = await findOrder(orderId, { database: database(), recordMetric });
    return { status: 200, body: order ?? { orderId, status: 'queued' }, logged: { orderId } };
  },
});
