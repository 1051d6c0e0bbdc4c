import { TransientError } from '../errors.ts';
import { countOrder, type PurchaseContext } from './buy-store.ts';
import type { PurchaseMessage } from './purchase-message.ts';

const STAGE = { stage: 'purchase' } as const;
/** Postgres documentation, appendix A. */
const UNIQUE_VIOLATION = '23505';

interface Decided {
  orderId: string;
  status: 'confirmed' | 'rejected';
  reason: string | null;
  /** Milliseconds from accepted to decided; the clocks of function and database. */
  afterMs: number;
}

export interface FulfilContext extends PurchaseContext {
  /** With it, a batch of a consumer that is no longer the owner of its partition changes nothing. */
  checkpoint?: { consumer: string; epoch: bigint; position?: bigint | undefined } | undefined;
}

const FULFIL = `
  SELECT owned, decided FROM purchase.fulfil($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::timestamptz[],
    $7::text, $8::bigint, $9::bigint)`;

/**
 * Decides a batch of purchases in the order in which they came, in one statement: each order once, the stock as far as it
 * goes, the position with it.
 * @returns those decided now; what is missing was decided before
 * @throws TransientError when the database is away or slow: all was done or nothing, and the same batch may come again;
 * `fenced_out`: another consumer owns the partition by now, and nothing was done
 */
export async function fulfil(batch: readonly PurchaseMessage[], context: FulfilContext): Promise<Decided[]> {
  const { database, recordMetric, checkpoint } = context;
  const startedAt = performance.now();
  const [answer] = await database
    .query<{ owned: boolean; decided: Decided[] }>({
      name: 'fulfil',
      text: FULFIL,
      values: [
        batch.map(({ orderId }) => orderId),
        batch.map(({ key }) => key),
        batch.map(({ sku }) => sku),
        batch.map(({ quantity }) => quantity),
        batch.map(({ customerId }) => customerId),
        batch.map(({ acceptedAt }) => acceptedAt),
        checkpoint?.consumer ?? null,
        checkpoint === undefined ? null : String(checkpoint.epoch),
        checkpoint?.position === undefined ? null : String(checkpoint.position),
      ],
    })
    .catch((error: unknown) => {
      if (!isRaced(error)) throw error;
      throw new TransientError('order_raced', 'A key was used by the other way meanwhile.', { cause: error });
    });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (answer?.owned !== true) throw new TransientError('fenced_out', 'Another consumer owns the partition by now.');
  const { decided } = answer;
  for (const order of decided) {
    countOrder('async', order, recordMetric);
    recordMetric('order_decided_latency_ms', Math.max(0, order.afterMs), { via: 'async' });
  }
  const repeated = batch.length - decided.length;
  if (repeated > 0) recordMetric('orders_repeated_total', repeated, { via: 'async' });
  return decided;
}

/** Both ways meet at a key's index; a purchase that was sent by both is decided by the first. */
const isRaced = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
