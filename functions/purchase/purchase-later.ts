// Promise: 202 says that the purchase is in the stream; it will be decided once, in the order in which its SKU's purchases were accepted.

import { z } from 'zod';
import { BUYERS } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { STREAM_PROBLEMS } from '../../shared/http/problem.ts';
import { idempotencyKey, idempotencyKeyHeader, KEY_PROBLEMS } from '../../shared/purchase/idempotency-key.ts';
import { queuedOrder } from '../../shared/purchase/order.ts';
import { orderIdOf, type PurchaseMessage, purchaseBody } from '../../shared/purchase/purchase-message.ts';
import { publishToStream } from '../../shared/stream/process-publisher.ts';

const STREAM = 'purchases';

export const handler = httpHandler({
  name: 'purchase-later',
  stage: 'purchase',
  method: 'POST',
  access: BUYERS,
  body: purchaseBody,
  requiredHeaders: { 'idempotency-key': idempotencyKeyHeader },
  answers: { 202: queuedOrder.extend({ statusUrl: z.string() }) },
  problems: [...KEY_PROBLEMS, ...STREAM_PROBLEMS],
  async respond({ body, headers, traceparent, recordMetric }) {
    const key = idempotencyKey(headers);
    const startedAt = performance.now();
    const orderId = orderIdOf(key, body);
    const value: PurchaseMessage = { version: 1, orderId, key, ...body, acceptedAt: new Date().toISOString() };
    const { sku } = body;
    await publishToStream(STREAM, { partitionBy: sku, key: sku, value, properties: { orderId, traceparent } });
    const acceptedAfterMs = performance.now() - startedAt;
    recordMetric('order_accept_latency_ms', acceptedAfterMs, { via: 'async' });
    recordMetric('producer_latency_ms', acceptedAfterMs, { stage: 'purchase' });
    recordMetric('producer_sent_msgs', 1, { stage: 'purchase' });
    const statusUrl = `/inventory/orders/${orderId}`;
    return {
      status: 202,
      headers: { location: statusUrl },
      body: { orderId, status: 'queued', statusUrl },
      logged: { orderId },
    };
  },
});
