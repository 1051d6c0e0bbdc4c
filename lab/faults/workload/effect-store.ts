import type { Fence, Transaction } from '../../../shared/idempotency/index.ts';
import type { Message } from './event.ts';

// The sums come first: their rows' locks are held until the commit, so that within a key the commits have the order of the
// numbers that the effects' rows then take. Keys in their order: two batches wait for each other in one direction only.
const ADD = `INSERT INTO faults.sums AS held (key, count, total)
  SELECT key, count(*), sum(amount) FROM unnest($1::text[], $2::bigint[]) AS added (key, amount) GROUP BY key ORDER BY key
  ON CONFLICT (key) DO UPDATE SET count = held.count + EXCLUDED.count, total = held.total + EXCLUDED.total`;
const APPEND = `INSERT INTO faults.effects (id, key, sequence, amount, consumer, epoch, worker)
  SELECT id, key, sequence, amount, $5, $6::bigint, $7::int
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
    WITH ORDINALITY AS applied (id, key, sequence, amount, place)
  ORDER BY place`;

/** The effect of these messages: a row each in the append-only log, and the sums of their keys. */
export async function writeEffects(tx: Transaction, messages: readonly Message[], { consumer, epoch }: Fence) {
  const column = <Name extends keyof Message>(name: Name) => messages.map((message) => message[name]);
  await tx.query(ADD, [column('key'), column('amount')]);
  const rows = [column('id'), column('key'), column('sequence'), column('amount')];
  await tx.query(APPEND, [...rows, consumer, String(epoch), process.pid]);
}

const CLAIM = `INSERT INTO faults.pauses (name) VALUES ($1) ON CONFLICT DO NOTHING`;

/** True for the first caller in the whole run: a mutant's fault is to happen once. */
export async function isFirst(pool: { query: Transaction['query'] }, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(CLAIM, [name]);
  return rowCount === 1;
}
