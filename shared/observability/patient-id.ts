import { createHmac } from 'node:crypto';

/** 64 bits: two of a million patients share a hash with a chance of 3 in 100 million. */
const HASH_LENGTH_HEX_DIGITS = 16;

/**
 * The form in which a patient's id may be in a log: HMAC-SHA-256 under a key of the installation, cut to 16 hex digits.
 * A plain SHA-256 would not do: hospital numbers are few enough to try them all.
 */
export function hashPatientId(patientId: string, key: string): string {
  return createHmac('sha256', key).update(patientId).digest('hex').slice(0, HASH_LENGTH_HEX_DIGITS);
}
