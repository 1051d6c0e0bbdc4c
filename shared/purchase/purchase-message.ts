import { z } from 'zod';
import { instantSchema } from '../alerts/alert-message.ts';
import { fingerprintOf } from '../canonical-json.ts';
import { nameUuid } from '../name-uuid.ts';

/** What a customer may take of one product at once. */
const QUANTITY_MAX = 1_000;
/** More than anything is sold of, and far from the end of a 32-bit integer. */
const INITIAL_MAX = 1_000_000_000;
/** A random UUID: the namespace of order ids (RFC 9562, section 5.5, version 5). */
const NAMESPACE = Buffer.from('6f1c6a0e58a44a9fb3c24b7d1c3b9e52', 'hex');

/** Fits a log line and a URL without escaping; `.` and `..` would be another path (RFC 3986, section 5.2.4). */
const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ - and not start with a dot');
export const skuSchema = nameSchema;
export const orderIdSchema = z.guid('must be a UUID').toLowerCase();

/** What a customer asks for. */
export const purchaseBody = z.strictObject({
  sku: skuSchema,
  quantity: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(QUANTITY_MAX, `must be at most ${QUANTITY_MAX}`),
  customerId: nameSchema,
});
export type PurchaseBody = z.infer<typeof purchaseBody>;

/** How many there are to sell of one product, in all. */
export const stockBody = z.strictObject({
  sku: skuSchema,
  initial: z
    .int('must be a whole number')
    .min(0, 'must not be negative')
    .max(INITIAL_MAX, `must be at most ${INITIAL_MAX}`),
});

/** RFC 9110, visible ASCII; a structured field string's quotes are taken off before. */
export const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** An accepted purchase on its way to be decided. */
export const purchaseMessage = purchaseBody.extend({
  version: z.literal(1),
  orderId: orderIdSchema,
  key: z.string().regex(KEY_PATTERN),
  acceptedAt: instantSchema,
});
export type PurchaseMessage = z.infer<typeof purchaseMessage>;

/** The order of a key and what is asked for under it: sent again it is the same, with another body another. */
export const orderIdOf = (key: string, body: PurchaseBody): string =>
  nameUuid(NAMESPACE, `${key}\n${fingerprintOf(body)}`);
