import { z } from 'zod';
import { instantSchema } from '../alerts/alert-message.ts';
import { orderIdSchema, purchaseBody } from './purchase-message.ts';

const rejectReason = z.enum(['out_of_stock', 'unknown_sku', 'key_reused']);
type RejectReason = z.infer<typeof rejectReason>;

/** A decided order as its customer sees it; instants are ISO 8601 in UTC. */
export const orderSchema = purchaseBody.extend({
  orderId: orderIdSchema,
  status: z.enum(['confirmed', 'rejected']),
  reason: rejectReason.exactOptional(),
  acceptedAt: instantSchema,
  decidedAt: instantSchema,
});
export type Order = z.infer<typeof orderSchema>;

/** An order that is on its way, or was never accepted: the two cannot be told apart before it is decided. */
export const queuedOrder = z.strictObject({ orderId: orderIdSchema, status: z.literal('queued') });

/** As Postgres has it. */
export interface OrderRow {
  order_id: string;
  key: string | null;
  sku: string;
  quantity: number;
  customer_id: string;
  status: Order['status'];
  reason: RejectReason | null;
  accepted_at: Date;
  decided_at: Date;
}

export const ORDER_COLUMNS = 'order_id, key, sku, quantity, customer_id, status, reason, accepted_at, decided_at';

export const toOrder = (row: OrderRow): Order => ({
  orderId: row.order_id,
  sku: row.sku,
  quantity: row.quantity,
  customerId: row.customer_id,
  status: row.status,
  ...(row.reason === null ? {} : { reason: row.reason }),
  acceptedAt: row.accepted_at.toISOString(),
  decidedAt: row.decided_at.toISOString(),
});
