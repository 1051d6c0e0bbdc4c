import type { DeliveryContext } from './delivery-context.ts';
import { deliveryIdOf } from './delivery-id.ts';
import { channelsFor, RECEIPT_WITHIN_MS } from './delivery-rules.ts';
import { reach } from './delivery-steps.ts';
import { notificationsToPlan, type PlannedDelivery, storeDeliveries } from './plan-store.ts';
import type { Channel } from './read-channels.ts';

/**
 * One delivery for each channel that a notification is for; planned again, nothing comes of it.
 * @returns how many are new
 * @throws TransientError when the database is away or slow: all of it is stored or nothing
 */
export async function planDeliveries(
  notificationIds: readonly string[],
  channels: readonly Channel[],
  context: DeliveryContext,
): Promise<number> {
  const notifications = await notificationsToPlan([...new Set(notificationIds)], context);
  reach('plan: notifications read');
  const planned = notifications.flatMap((notification) =>
    channelsFor(notification, channels).map(({ name, type, redirectTo }): PlannedDelivery => {
      const { notificationId } = notification;
      const isStation = type === 'station';
      const isRedirected = redirectTo !== undefined;
      // The station has been sent the ward already; what is waited for is that somebody shows it.
      const afterMs = isStation ? RECEIPT_WITHIN_MS : 0;
      return {
        deliveryId: deliveryIdOf(notificationId, name),
        notificationId,
        channel: name,
        isStation,
        isRedirected,
        afterMs,
      };
    }),
  );
  const count = await storeDeliveries(planned, context);
  reach('plan: deliveries stored');
  return count;
}
