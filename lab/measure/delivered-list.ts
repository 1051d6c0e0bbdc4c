import { z } from 'zod';
import type { DeliveredMessage } from '../checker/index.ts';
import type { BookedOrder } from '../conservation/books.ts';
import { type Attempt, hasEnded } from '../lanes/attempt.ts';
import type { SubjectName } from '../subject.ts';
import type { PageForm } from './page-request.ts';

/** A page of a stage's list; its entries say more than is read of them. */
export interface DeliveredPage {
  readonly delivered: readonly DeliveredMessage[];
  /** The same as orders, where they are. */
  readonly orders: readonly BookedOrder[];
  /** All attempts, where these are: what is delivered has ended by one of them. */
  readonly attempts: readonly Attempt[];
  readonly nextCursor: string;
}

/** How a stage lists what it has delivered. */
export interface DeliveredList {
  readonly form: PageForm<DeliveredPage>;
  /** The cursor that nothing earlier is asked for with; undefined for the list's begin. */
  readonly cursorAt: (sinceMs: number) => string | undefined;
}

const instant = z.iso.datetime({ offset: true });
const nextCursor = z.string().min(1);

const notifications = z
  .object({
    notifications: z.array(z.object({ eventId: z.string().min(1), patientId: z.string(), notifiedAt: instant })),
    nextCursor,
  })
  .transform((page): DeliveredPage => {
    const delivered = page.notifications.map(({ eventId, patientId, notifiedAt }) => ({
      id: eventId,
      key: patientId,
      atMs: Date.parse(notifiedAt),
    }));
    return { delivered, orders: [], attempts: [], nextCursor: page.nextCursor };
  });

const order = z.object({
  orderId: z.string().min(1),
  /** None of an order that was refused its key: what it was is told by its id. */
  key: z.string().nullish(),
  sku: z.string().min(1),
  quantity: z.int().min(1),
  status: z.string(),
  decidedAt: instant,
});
const orders = z.object({ orders: z.array(order), nextCursor }).transform(
  (page): DeliveredPage => ({
    delivered: page.orders.map(({ orderId, key, sku, decidedAt }) => ({
      id: key ?? orderId,
      key: sku,
      atMs: Date.parse(decidedAt),
    })),
    orders: page.orders.map(({ orderId, key, sku, quantity, status }) => ({
      orderId,
      key: key ?? undefined,
      sku,
      quantity,
      status,
    })),
    attempts: [],
    nextCursor: page.nextCursor,
  }),
);

const attempt = z
  .object({
    eventId: z.string().min(1),
    patientId: z.string(),
    outcome: z.string(),
    consumer: z.string().optional(),
    offset: z.string().regex(/^\d+$/).optional(),
    acceptedAt: instant,
    startedAt: instant,
    endedAt: instant,
  })
  .transform(
    ({ eventId, patientId, outcome, consumer, offset, acceptedAt, startedAt, endedAt }): Attempt => ({
      eventId,
      key: patientId,
      outcome,
      place:
        consumer === undefined || offset === undefined ? undefined : { partition: consumer, offset: BigInt(offset) },
      acceptedAtMs: Date.parse(acceptedAt),
      startedAtMs: Date.parse(startedAt),
      endedAtMs: Date.parse(endedAt),
    }),
  );
const attempts = z.object({ attempts: z.array(attempt), nextCursor }).transform(
  (page): DeliveredPage => ({
    delivered: page.attempts
      .filter(hasEnded)
      .map(({ eventId, key, endedAtMs }) => ({ id: eventId, key, atMs: endedAtMs })),
    orders: [],
    attempts: page.attempts,
    nextCursor: page.nextCursor,
  }),
);

/**
 * - notifications, as GET /db-first/notifications: an instant is a cursor, and nothing can appear behind one;
 * - orders, as GET /inventory/orders: of a stage at rest, where nothing is decided any more;
 * - attempts, as GET /event-attempts: of a stage at rest, too.
 */
export const LISTS: Readonly<Record<SubjectName, DeliveredList>> = {
  alerts: {
    form: { name: 'page of notifications', schema: notifications },
    cursorAt: (sinceMs) => new Date(sinceMs).toISOString(),
  },
  purchases: { form: { name: 'page of orders', schema: orders }, cursorAt: () => undefined },
  events: { form: { name: 'page of attempts', schema: attempts }, cursorAt: () => undefined },
};
