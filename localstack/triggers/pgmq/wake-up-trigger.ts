import pg from 'pg';

/**
 * Wakes sleeping consumers without taxing a busy queue.
 *
 * A commit that notifies holds one lock of the whole server over its fsync, so notifying in each inserting transaction
 * halves ingest. Here a consumer holds a shared advisory lock while it sleeps, and an inserting transaction notifies
 * only when it cannot take that lock exclusively, that is when somebody sleeps (or, rarely, when two inserts meet: one
 * notification too many). The trigger is deferred, so it looks at commit, as close to visibility as it gets; a commit
 * that looked just before a consumer fell asleep is caught by the consumer's re-reads.
 *
 * Lock and unlock are one expression: Postgres looks for cancels and time-outs between plan nodes and statements, not
 * between the calls of an expression, so the lock, which belongs to the session, is not left behind in a pooled one.
 *
 * Measured by wake-up.bench.ts (Postgres 18.4, 2 cores, fsync on, 16 connections, one pgmq.send a transaction):
 * no trigger 6,200 tx/s, this one with nobody asleep 6,300 (1.02 ×, noise), NOTIFY in each transaction 2,700.
 * Insert to handler of an idle source: median 2.3 ms, p95 3.4 ms, the commit included; 100 of 100 by notification.
 */
const LOCK_CLASS = 1_886_809_458;
const SCHEMA = 'pgmq_event_source';
/** The body's version is in the name: replicas of two releases can run side by side. */
const FUNCTION = `${SCHEMA}.wake_sleepers_v1`;
const TRIGGER = 'wake_sleepers_v1';

const CREATE_FUNCTION = `
CREATE OR REPLACE FUNCTION ${FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  queue_key CONSTANT int := TG_ARGV[0]::int;
BEGIN
  PERFORM CASE
    WHEN pg_try_advisory_lock(${LOCK_CLASS}, queue_key) THEN pg_advisory_unlock(${LOCK_CLASS}, queue_key)
    ELSE pg_notify(TG_ARGV[1], '') IS NULL
  END;
  RETURN NULL;
END $$`;

/** The channel that sleeping consumers of a queue listen on. */
const wakeUpChannel = (queue: string) => `pgmq_${queue}`;

/** Statements of a consumer's LISTEN session: taken before sleep, released after. */
export const listenStatement = (queue: string) => `LISTEN ${pg.escapeIdentifier(wakeUpChannel(queue))}`;
export const fallAsleepStatement = `SELECT pg_advisory_lock_shared(${LOCK_CLASS}, hashtext($1))`;
export const wakeUpStatement = `SELECT pg_advisory_unlock_shared(${LOCK_CLASS}, hashtext($1))`;

/** True when the queue's table has the trigger. */
export async function hasWakeUpTrigger(client: pg.ClientBase, queue: string): Promise<boolean> {
  const found = await client.query(
    `SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'pgmq' AND c.relname = $1 AND t.tgname = $2`,
    [`q_${queue}`, TRIGGER],
  );
  return found.rows.length > 0;
}

/** Creates schema, function and trigger where missing; the caller holds the set-up lock in a transaction. */
export async function ensureWakeUpTrigger(client: pg.ClientBase, queue: string): Promise<void> {
  if (await hasWakeUpTrigger(client, queue)) return;
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  await client.query(CREATE_FUNCTION);
  const key = await client.query<{ key: number }>('SELECT hashtext($1) AS key', [queue]);
  await client.query(
    `CREATE CONSTRAINT TRIGGER ${TRIGGER} AFTER INSERT ON pgmq.${pg.escapeIdentifier(`q_${queue}`)}
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
       EXECUTE FUNCTION ${FUNCTION}('${key.rows[0]?.key}', ${pg.escapeLiteral(wakeUpChannel(queue))})`,
  );
}
