import { z } from 'zod';
import { fingerprintOf, type Json } from '../canonical-json.ts';
import { ALERT_KINDS, type AlertKind, SEVERITIES, type Severity } from './alert-kinds.ts';
import { evidenceSchema } from './evidence.ts';

/** How far a device's clock may run ahead: an unsynchronised monitor drifts by seconds a day; more is a wrong clock. */
export const MAX_CLOCK_AHEAD_MS = 5 * 60 * 1000;
/**
 * A device may hold alerts while it is offline, for as long as it takes; but nothing that reports here is older than this. A
 * clock that lost its battery says 1970 or 2000.
 */
export const EARLIEST_DETECTED_AT = '2020-01-01T00:00:00.000Z';

/** Identifiers of patients, devices, wards and beds: what fits a log line and a URL without escaping. */
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

export const idSchema = z
  .string()
  .regex(ID_PATTERN, 'must be 1 to 64 of A-Z a-z 0-9 . _ : - and start with a letter or a digit');

const names = <Name extends string>(of: Record<Name, string>) => Object.keys(of) as Name[];

/** Any UUID in its 8-4-4-4-12 form; letter case does not matter (RFC 9562, section 4), so it is folded. */
export const eventIdSchema = z.guid('must be a UUID').toLowerCase();

/** Outside these years ISO 8601 needs an agreed longer form, which Postgres does not read. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 9999;

/** For a document: an instant of these years, whose days the format date-time knows; the pattern that checks them is ten times as long. */
const instantPattern = (year: string) =>
  `^${year}-\\d\\d-\\d\\dT([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$`;

/** An instant of ISO 8601 with its offset, normalised to UTC and to the millisecond (the resolution of the platform's clock). */
export const instantSchema = z.iso
  .datetime({
    offset: true,
    abort: true,
    error: 'must be an ISO 8601 date and time with an offset, as 2026-01-31T12:00:00Z',
  })
  .refine((text) => {
    const year = new Date(text).getUTCFullYear();
    return year >= FIRST_YEAR && year <= LAST_YEAR;
  }, `must be in the years ${FIRST_YEAR} to ${LAST_YEAR} (UTC)`)
  .transform((text) => new Date(text).toISOString())
  .meta({
    description: `in the years ${FIRST_YEAR} to ${LAST_YEAR} (UTC)`,
    pattern: instantPattern('(19[7-9]|[2-9]\\d\\d)\\d'),
  });

/** What can be said of a time that is neither too old nor ahead, where it is checked by code. */
export const timely = {
  description: `not before ${EARLIEST_DETECTED_AT}, and not more than ${MAX_CLOCK_AHEAD_MS / 1000} s in the future`,
  pattern: instantPattern('(20[2-9]|2[1-9]\\d|[3-9]\\d\\d)\\d'),
};

const detectedAt = instantSchema
  .superRefine((instant, context) => {
    const ageMs = Date.now() - Date.parse(instant);
    if (ageMs < -MAX_CLOCK_AHEAD_MS) {
      context.addIssue({
        code: 'custom',
        message: `must not be more than ${MAX_CLOCK_AHEAD_MS / 1000} s in the future`,
      });
    }
    if (instant < EARLIEST_DETECTED_AT) {
      context.addIssue({
        code: 'custom',
        message: `must not be before ${EARLIEST_DETECTED_AT}: is the device's clock set?`,
      });
    }
  })
  .meta(timely);

const facts = {
  eventId: eventIdSchema,
  patientId: idSchema,
  deviceId: idSchema,
  ward: idSchema,
  kind: z.enum(names<AlertKind>(ALERT_KINDS)),
  severity: z.enum(names<Severity>(SEVERITIES)),
};

/** An alert as a device sends it. Validated, it is in its normal form: equal meaning gives an equal fingerprint. */
export const alertMessage = z.strictObject({ ...facts, detectedAt, evidence: evidenceSchema.optional() });
export type AlertMessage = z.infer<typeof alertMessage>;

/** An alert as it travels on the queue: the facts staff act on. Its time is not judged again: late is no reason to drop it. */
export const queuedAlert = z.object({
  ...facts,
  detectedAt: instantSchema,
  storedAt: instantSchema,
  traceparent: z.string().optional(),
});
export type QueuedAlert = z.infer<typeof queuedAlert>;

/** The same alert, however its JSON was spelled, has the same fingerprint (SHA-256 over RFC 8785 canonical JSON, hex). */
export function alertFingerprint(alert: AlertMessage): string {
  const { evidence, ...rest } = alert;
  const value: Record<string, Json> = evidence === undefined ? rest : { ...rest, evidence };
  return fingerprintOf(value);
}
