import { hash } from 'node:crypto';

/** A statement that each connection parses once and plans a few times. */
export interface Prepared {
  name: string;
  text: string;
}

/** Enough of a SHA-256 that two statements have two names; with the rest of the name within Postgres' 63 bytes. */
const NAME_HASH_CHARACTERS = 16;

/**
 * For statements that find their row by a unique index whatever the plan (an upsert), or in a table that stays small. Not for a
 * look-up in a table that grows: a plan that was kept from when it was small reads all of it, until the next ANALYZE (19 ms
 * instead of 0.3 for one key among 100,000, 860 instead of 2.5 for a batch of 100).
 * The name carries the text, since tables with other names have other texts on the same connection.
 */
export function prepared(purpose: string, text: string): Prepared {
  return { name: `idempotency-${purpose}-${hash('sha256', text).slice(0, NAME_HASH_CHARACTERS)}`, text };
}
