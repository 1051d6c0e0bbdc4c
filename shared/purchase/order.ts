/** A decided order as its customer sees it. */
export interface Order {
  orderId: string;
  sku: string;
  quantity: number;
  customerId: string;
  status: 'confirmed' | 'rejected';
  reason?: RejectReason;
  /** ISO 8601, UTC. */
  acceptedAt: string;
  decidedAt: string;
}

type RejectReason = 'out_of_stock' | 'unknown_sku' | 'key_reused';

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
