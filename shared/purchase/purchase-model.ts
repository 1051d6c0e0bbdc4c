import { orderIdOf, type PurchaseBody } from './purchase-message.ts';

// A shop as it should be, in memory: what the tests compare the database with.

interface Decision {
  status: 'confirmed' | 'rejected';
  reason: string | null;
}

export interface Asked {
  key: string;
  body: PurchaseBody;
}

export function modelShop() {
  const stock = new Map<string, { initial: number; available: number }>();
  const orders = new Map<string, Decision>();
  const orderOfKey = new Map<string, string>();

  function decide({ sku, quantity }: PurchaseBody): Decision {
    const there = stock.get(sku);
    if (there === undefined) return { status: 'rejected', reason: 'unknown_sku' };
    if (there.available < quantity) return { status: 'rejected', reason: 'out_of_stock' };
    there.available -= quantity;
    return { status: 'confirmed', reason: null };
  }

  return {
    orders,
    available: (sku: string) => stock.get(sku)?.available,
    set(sku: string, initial: number): boolean {
      const { initial: before = 0, available = 0 } = stock.get(sku) ?? {};
      if (available + initial - before < 0) return false;
      stock.set(sku, { initial, available: available + initial - before });
      return true;
    },
    buy({ key, body }: Asked): 'new' | 'same' | 'different' {
      const known = orderOfKey.get(key);
      const orderId = orderIdOf(key, body);
      if (known !== undefined) return known === orderId ? 'same' : 'different';
      orderOfKey.set(key, orderId);
      orders.set(orderId, decide(body));
      return 'new';
    },
    fulfil(batch: readonly Asked[]): void {
      for (const { key, body } of batch) {
        const orderId = orderIdOf(key, body);
        if (orders.has(orderId)) continue;
        if (orderOfKey.has(key)) orders.set(orderId, { status: 'rejected', reason: 'key_reused' });
        else {
          orderOfKey.set(key, orderId);
          orders.set(orderId, decide(body));
        }
      }
    },
  };
}
