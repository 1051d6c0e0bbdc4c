import { boundedWait, OnceError } from './once-error.ts';
import type { Transaction } from './transaction-store.ts';

export interface KeyEntry {
  key: string;
  /** Hex. */
  hash: string | undefined;
}

/** What an earlier transaction left under a key. */
interface StoredKey {
  hash: string | undefined;
  /** JSON text. */
  response: string | null;
}

export interface Claim {
  /** Keys that are this transaction's now: new, or expired ones taken again. */
  won: Set<string>;
  earlier: Map<string, StoredKey>;
}

/** Each further round means that a key was committed or purged between a statement's snapshot and its insert. */
const MAX_ROUNDS = 10;

// Rows are inserted in the order of $1, which the caller sorts, so that overlapping batches wait for but never deadlock each
// other. `live` spares plain duplicates the lock and the write; who wins is decided by the unique index alone.
const CLAIM = `WITH asked AS (
    SELECT key, decode(hash, 'hex') AS hash, turn
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (key, hash, turn)
  ), live AS MATERIALIZED (
    SELECT held.key, encode(held.payload_hash, 'hex') AS hash, held.response::text AS response
    FROM idempotency.once AS held
    WHERE held.key = ANY ($1::text[]) AND coalesce(held.expiration >= statement_timestamp(), true)
  ), put AS (
    INSERT INTO idempotency.once AS held (key, payload_hash, expiration)
    SELECT key, hash, statement_timestamp() + $3::float8 * interval '1 millisecond'
    FROM asked
    WHERE NOT EXISTS (SELECT FROM live WHERE live.key = asked.key)
    ORDER BY turn
    ON CONFLICT (key) DO UPDATE
      SET payload_hash = EXCLUDED.payload_hash, response = NULL, expiration = EXCLUDED.expiration
      WHERE held.expiration < statement_timestamp()
    RETURNING held.key
  )
  SELECT key, 'yes' AS won, NULL AS hash, NULL AS response FROM put
  UNION ALL SELECT key, 'no', hash, response FROM live`;

const STORE_RESPONSES = `UPDATE idempotency.once AS held SET response = answered.response::json
  FROM unnest($1::text[], $2::text[]) AS answered (key, response) WHERE held.key = answered.key`;

interface ClaimRow {
  key: string;
  won: string;
  hash: string | null;
  response: string | null;
}

/**
 * Inserts the keys, one statement for all; waits for other transactions that hold one, until they commit or roll back.
 * @param entries no key twice
 * @param expiresAfterMs undefined: never
 * @throws OnceError `key_in_progress` when the wait was longer than the transaction's lock_timeout.
 */
export async function claimKeys(
  tx: Transaction,
  entries: readonly KeyEntry[],
  expiresAfterMs: number | undefined,
): Promise<Claim> {
  const claim: Claim = { won: new Set(), earlier: new Map() };
  let open = [...entries].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (let round = 1; open.length > 0; round += 1) {
    if (round > MAX_ROUNDS) throw new OnceError('key_in_progress', 'The keys changed hands all the time.');
    const values = [open.map(({ key }) => key), open.map(({ hash }) => hash ?? null), expiresAfterMs ?? null];
    const { rows } = await boundedWait('key_in_progress', 'Another transaction holds the key.', () =>
      tx.query<ClaimRow>(CLAIM, values),
    );
    for (const { key, won, hash, response } of rows) {
      if (won === 'yes') claim.won.add(key);
      else claim.earlier.set(key, { hash: hash ?? undefined, response });
    }
    // What is left was committed after the statement's snapshot: the next one sees it.
    open = open.filter(({ key }) => !claim.won.has(key) && !claim.earlier.has(key));
  }
  return claim;
}

/** Stores the responses (JSON text) under keys that this transaction has claimed; null is none. */
export async function storeResponses(tx: Transaction, responses: ReadonlyMap<string, string | null>): Promise<void> {
  const given = [...responses].filter(([, response]) => response !== null);
  if (given.length === 0) return;
  await tx.query(STORE_RESPONSES, [given.map(([key]) => key), given.map(([, response]) => response)]);
}
