import type pg from 'pg';
import { ensureWakeUpTrigger, hasWakeUpTrigger } from './wake-up-trigger.ts';

/** Advisory lock that replicas starting at once queue up on; any constant that nothing else uses. */
const SET_UP_LOCK = [1_886_809_457, 1] as const;
/** A queue table in use is locked for moments only; a longer wait means an open transaction, which a restart outlives. */
const LOCK_TIMEOUT_MS = 10_000;

async function missing(client: pg.ClientBase, queues: readonly string[]): Promise<string[]> {
  const found = await client.query<{ queue_name: string }>(
    'SELECT queue_name FROM pgmq.meta WHERE queue_name = ANY($1::text[])',
    [queues],
  );
  const known = new Set(found.rows.map((row) => row.queue_name));
  return queues.filter((queue) => !known.has(queue));
}

/**
 * Creates, where missing, the queue, its dead-letter queue and the trigger that wakes sleeping consumers. Idempotent;
 * any number of replicas may call it at once. When everything is there no lock is taken and no right to create is needed.
 */
export async function ensureQueue(pool: pg.Pool, queue: string, deadLetterQueue: string): Promise<void> {
  const queues = [queue, deadLetterQueue];
  const client = await pool.connect();
  // A connection that breaks while checked out tells it here, too: without a listener the process would end.
  client.on('error', ignoreReported);
  let broken: Error | undefined;
  try {
    if ((await missing(client, queues)).length === 0 && (await hasWakeUpTrigger(client, queue))) return;
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [...SET_UP_LOCK]);
    for (const name of await missing(client, queues)) await client.query('SELECT pgmq.create($1::text)', [name]);
    await ensureWakeUpTrigger(client, queue);
    await client.query('COMMIT');
  } catch (error) {
    // The connection goes with its open transaction: releasing it broken ends both.
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.removeListener('error', ignoreReported);
    client.release(broken);
  }
}

function ignoreReported(): void {
  // The statement that runs on this connection rejects with the same error.
}
