// Promise: none, on purpose: read, check, write, without a guard and without keys. Off unless HEARTLINE_PURCHASE_NAIVE says true.

import { z } from 'zod';
import { BUYERS } from '../../shared/access/principal.ts';
import { config } from '../../shared/config.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { idempotencyKey, idempotencyKeyHeader, KEY_PROBLEMS } from '../../shared/purchase/idempotency-key.ts';
import { buyNaively } from '../../shared/purchase/naive-store.ts';
import { orderIdSchema, purchaseBody } from '../../shared/purchase/purchase-message.ts';

export const handler = httpHandler({
  name: 'purchase-naively',
  stage: 'purchase',
  method: 'POST',
  access: BUYERS,
  body: purchaseBody,
  requiredHeaders: { 'idempotency-key': idempotencyKeyHeader },
  answers: { 201: purchaseBody.extend({ orderId: orderIdSchema, status: z.literal('confirmed') }) },
  problems: ['naive_is_off', 'unknown_sku', 'out_of_stock', ...KEY_PROBLEMS, ...DATABASE_PROBLEMS],
  async respond({ body, headers, recordMetric }) {
    const key = idempotencyKey(headers);
    if (!config().purchase.naive)
      throw new HttpError('naive_is_off', 'HEARTLINE_PURCHASE_NAIVE=true switches them on.');
    const startedAt = performance.now();
    const bought = await buyNaively(key, body, { database: database(), recordMetric });
    if (bought === 'unknown_sku') throw new HttpError('unknown_sku', 'No stock was set up for this SKU.');
    if (bought === 'out_of_stock') throw new HttpError('out_of_stock', 'Fewer are available than asked for.');
    recordMetric('order_accept_latency_ms', performance.now() - startedAt, { via: 'naive' });
    return { status: 201, body: { ...bought, ...body, status: 'confirmed' }, logged: bought };
  },
});
