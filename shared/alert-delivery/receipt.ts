import { z } from 'zod';
import { topicLevelSchema } from '../mqtt/device-topic.ts';

/** A browser's own name for itself, in a log and a column. */
const STATION_ID_MAX = 64;

/** What a station publishes under `station/{ward}/receipts` once a snapshot is on its screen. */
const receiptSchema = z.strictObject({
  stationId: z.string().min(1).max(STATION_ID_MAX),
  revision: z.int().min(0),
});
export type Receipt = z.infer<typeof receiptSchema>;

const eventSchema = z.looseObject({ topic: z.string() });

/** A receipt in an event `{...payload, topic}` of the trigger; undefined: it is none. */
export function readReceipt(event: unknown): (Receipt & { readonly ward: string }) | undefined {
  const found = eventSchema.safeParse(event);
  if (!found.success) return undefined;
  const { topic, ...payload } = found.data;
  const [root, ward, kind, ...rest] = topic.split('/');
  const isOurs = root === 'station' && kind === 'receipts' && rest.length === 0;
  const named = topicLevelSchema.safeParse(ward);
  const receipt = receiptSchema.safeParse(payload);
  return isOurs && named.success && receipt.success ? { ...receipt.data, ward: named.data } : undefined;
}
