import { boundedWait, OnceError } from './once-error.ts';
import { prepared } from './prepared.ts';
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

// For keys that are all expected to be new: without ON CONFLICT each row is spared a look into the index and a record in the
// WAL, which is half of the time. A repetition is an error, after which the transaction has to begin anew. Rows go in by $1's
// order, which the caller sorts, so that overlapping batches wait for each other in one direction.
const CLAIM_ALL_NEW = prepared(
  'claim-all-new',
  `INSERT INTO idempotency.once (key, payload_hash, expiration)
  SELECT key, decode(hash, 'hex'), statement_timestamp() + $3::float8 * interval '1 millisecond'
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (key, hash, turn)
  ORDER BY turn`,
);

// For keys that may be there: inserted unseen, only what is left is looked up. A duplicate is neither locked nor written.
// `again`: it has expired, or was committed meanwhile.
const CLAIM_NEW = `WITH put AS (
    INSERT INTO idempotency.once (key, payload_hash, expiration)
    SELECT key, decode(hash, 'hex'), statement_timestamp() + $3::float8 * interval '1 millisecond'
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (key, hash, turn)
    ORDER BY turn
    ON CONFLICT (key) DO NOTHING
    RETURNING key
  ), missed AS MATERIALIZED (
    SELECT key FROM unnest($1::text[]) AS asked (key) WHERE NOT EXISTS (SELECT FROM put WHERE put.key = asked.key)
  )
  SELECT missed.key, CASE WHEN held.key IS NULL OR held.expiration < statement_timestamp() THEN 'again' ELSE 'no' END AS won,
    encode(held.payload_hash, 'hex') AS hash, held.response::text AS response
  FROM missed LEFT JOIN idempotency.once AS held ON held.key = missed.key`;

// The same for keys that may have expired: taken over, or else read. Who wins is decided by the unique index alone.
const CLAIM_AGAIN = `WITH asked AS (
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

/** unique_violation (PostgreSQL documentation, appendix A) */
const UNIQUE_VIOLATION = '23505';

/** A key that was expected to be new is not: nothing was done, and the transaction has to be rolled back. */
export class RepeatedKeyError extends Error {}

interface ClaimRow {
  key: string;
  won: 'yes' | 'no' | 'again';
  hash: string | null;
  response: string | null;
}

/** The parameters of a claim, in the order in which the rows go in. */
function parametersOf(sorted: readonly KeyEntry[], expiresAfterMs: number | undefined): unknown[] {
  // unnest fills up with nulls.
  const hashes = sorted.some(({ hash }) => hash !== undefined) ? sorted.map(({ hash }) => hash ?? null) : null;
  return [sorted.map(({ key }) => key), hashes, expiresAfterMs ?? null];
}

const inOrder = (entries: readonly KeyEntry[]) => [...entries].sort((a, b) => (a.key < b.key ? -1 : 1));
const HELD = 'Another transaction holds the key.';

/**
 * Inserts keys that are expected to be new; waits as `claimKeys`.
 * @throws RepeatedKeyError when one is not: to be told before an effect, in a transaction that did nothing else.
 */
export async function claimNewKeys(
  tx: Transaction,
  entries: readonly KeyEntry[],
  expiresAfterMs: number | undefined,
): Promise<Claim> {
  try {
    await boundedWait('key_in_progress', HELD, () =>
      tx.query(CLAIM_ALL_NEW, parametersOf(inOrder(entries), expiresAfterMs)),
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)) throw error;
    throw new RepeatedKeyError('A key is not new.', { cause: error });
  }
  return { won: new Set(entries.map(({ key }) => key)), earlier: new Map() };
}

/**
 * Inserts the keys, one statement for all; waits for other transactions that hold one, until they commit or roll back.
 * @param entries no key twice
 * @param expiresAfterMs undefined: never
 * @throws OnceError `key_in_progress` when the wait was longer than the transaction's lock_timeout, or would never have ended.
 */
export async function claimKeys(
  tx: Transaction,
  entries: readonly KeyEntry[],
  expiresAfterMs: number | undefined,
): Promise<Claim> {
  const claim: Claim = { won: new Set(), earlier: new Map() };
  const ask = async (statement: string, asked: readonly KeyEntry[]) => {
    const values = parametersOf(asked, expiresAfterMs);
    const { rows } = await boundedWait('key_in_progress', HELD, () => tx.query<ClaimRow>(statement, values));
    for (const { key, won, hash, response } of rows) {
      if (won === 'yes') claim.won.add(key);
      else if (won === 'no') claim.earlier.set(key, { hash: hash ?? undefined, response });
    }
    return rows;
  };
  if (entries.length === 0) return claim;
  const sorted = inOrder(entries);
  // Only the keys that were not new are named in the answer.
  const missed = new Set((await ask(CLAIM_NEW, sorted)).map(({ key }) => key));
  for (const { key } of sorted) if (!missed.has(key)) claim.won.add(key);
  const isOpen = ({ key }: KeyEntry) => !claim.won.has(key) && !claim.earlier.has(key);
  for (let round = 1, open = sorted.filter(isOpen); open.length > 0; round += 1, open = open.filter(isOpen)) {
    if (round > MAX_ROUNDS) throw new OnceError('key_in_progress', 'The keys changed hands all the time.');
    // What is left after it was committed after the statement's snapshot: the next one sees it.
    await ask(CLAIM_AGAIN, open);
  }
  return claim;
}

/** Stores the responses (JSON text) under keys that this transaction has claimed; null is none. */
export async function storeResponses(tx: Transaction, responses: ReadonlyMap<string, string | null>): Promise<void> {
  const given = [...responses].filter(([, response]) => response !== null);
  if (given.length === 0) return;
  await tx.query(STORE_RESPONSES, [given.map(([key]) => key), given.map(([, response]) => response)]);
}
