// Promise: a purchase is confirmed only if there is enough, once for its key; sent again it gets the same answer.
import { BUYERS } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError, RETRY_AFTER_S } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { buy } from '../../shared/purchase/buy-store.ts';
import { idempotencyKey, idempotencyKeyHeader, KEY_PROBLEMS } from '../../shared/purchase/idempotency-key.ts';
import { type Order, orderSchema } from '../../shared/purchase/order.ts';
import { purchaseBody } from '../../shared/purchase/purchase-message.ts';

function answerTo(order: Order): Order {
  if (order.status === 'confirmed') return order;
  if (order.reason === 'unknown_sku') throw new HttpError('unknown_sku', 'No stock was set up for this SKU.');
  throw new HttpError('out_of_stock', 'Fewer are available than asked for. Another purchase needs another key.');
}

export const handler = httpHandler({
  name: 'purchase-now',
  stage: 'purchase',
  method: 'POST',
  access: BUYERS,
  body: purchaseBody,
  requiredHeaders: { 'idempotency-key': idempotencyKeyHeader },
  answers: { 201: orderSchema },
  problems: [
    'unknown_sku',
    'out_of_stock',
    'idempotency_key_reused',
    'request_in_flight',
    ...KEY_PROBLEMS,
    ...DATABASE_PROBLEMS,
  ],
  async respond({ body, headers, recordMetric }) {
    const key = idempotencyKey(headers);
    const startedAt = performance.now();
    const result = await buy(key, body, { database: database(), recordMetric });
    if (result.outcome === 'different')
      throw new HttpError('idempotency_key_reused', 'Send a new key with another body.');
    if (result.outcome === 'in_flight') {
      const wait = { 'retry-after': String(RETRY_AFTER_S) };
      throw new HttpError('request_in_flight', 'Send the same request again.', { headers: wait });
    }
    recordMetric('order_accept_latency_ms', performance.now() - startedAt, { via: 'sync' });
    const { outcome, order } = result;
    const location = `/inventory/orders/${order.orderId}`;
    return { status: 201, headers: { location }, body: answerTo(order), logged: { outcome, orderId: order.orderId } };
  },
});
