import { z } from 'zod';
import { EARLIEST_DETECTED_AT, idSchema, instantSchema, MAX_CLOCK_AHEAD_MS, timely } from '../alerts/alert-message.ts';
import { canonicalJson, fingerprintOf, type Json } from '../canonical-json.ts';
import { nameUuid } from '../name-uuid.ts';
import { storableJson } from '../storable-json.ts';

/** A resource of some pages; a document belongs in a file store. */
const MAX_DATA_BYTES = 32 * 1024;
/** A random UUID: the namespace of event ids made from content. */
const NAMESPACE = Buffer.from('0d7e3c5b9c1f4f5e8a53b1d2f6a4c870', 'hex');

/**
 * What a sender's own system numbers its events by, or the UUID made of the content. A segment of its URL: `.` and `..` would be
 * another path (RFC 3986, section 5.2.4), and an event of that name could not be read.
 */
export const medicalEventId = z
  .string()
  .regex(/^[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ : - and not start with a dot');

const data = storableJson<{ [name: string]: Json }>(
  (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
  { form: 'a JSON object', type: 'object', maxBytes: MAX_DATA_BYTES },
);

const facts = { patientId: idSchema, type: idSchema, data, ts: instantSchema };

/** A medical event as a client sends it. */
export const medicalEventBody = z.strictObject({
  ...facts,
  ts: instantSchema.meta(timely),
  eventId: medicalEventId.optional(),
});
export type MedicalEventBody = z.infer<typeof medicalEventBody>;

/** An accepted event on its way to be processed. */
export const medicalEvent = z.object({
  ...facts,
  version: z.literal(1),
  eventId: medicalEventId,
  acceptedAt: instantSchema,
});
export type MedicalEvent = z.infer<typeof medicalEvent>;

/** What makes two events the same: ts to the millisecond in UTC, numbers and names as RFC 8785 writes them. */
type Content = Pick<MedicalEventBody, 'patientId' | 'type' | 'data' | 'ts'>;
const contentOf = ({ patientId, type, data, ts }: Content) => ({ patientId, type, data, ts });

/** The client's, or a UUID (version 5) of the content: a body that is simply sent twice is one event. */
export const eventIdOf = (body: MedicalEventBody): string =>
  body.eventId ?? nameUuid(NAMESPACE, canonicalJson(contentOf(body)));

/** SHA-256 of the content, in hex. */
export const contentFingerprint = (event: Content): string => fingerprintOf(contentOf(event));

/** Why an event's time cannot be true, in words; undefined of one that can. */
export function clockFault(ts: string, nowMs: number): string | undefined {
  if (Date.parse(ts) > nowMs + MAX_CLOCK_AHEAD_MS)
    return `ts must not be more than ${MAX_CLOCK_AHEAD_MS / 1000} s in the future: is the sender's clock set?`;
  return ts < EARLIEST_DETECTED_AT
    ? `ts must not be before ${EARLIEST_DETECTED_AT}: is the sender's clock set?`
    : undefined;
}
