import { nameUuid } from '../name-uuid.ts';

/** Of deliveries (RFC 9562, version 5): drawn once, for good. */
const NAMESPACE = Buffer.from('5d0c7e34f1b84a6e9a27c8e05b1f6d43', 'hex');

/** The idempotency key of a notification on a channel: whoever plans it, and however often. */
export const deliveryIdOf = (notificationId: string, channel: string) =>
  nameUuid(NAMESPACE, `${notificationId}|${channel}`);
