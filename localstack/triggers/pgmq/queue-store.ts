import pg from 'pg';
import type { Failure } from '../event-source.ts';
import type { MessageRow, QueueRecord } from './event.ts';

/** A statement that has no answer by then is given up on: a silent peer must not stop the source. */
const QUERY_TIMEOUT_MS = 10_000;
const MICROSECONDS = '(extract(epoch FROM last_read_at) * 1000000)::bigint';

/** What a receipt is checked by: the count and the moment of the read that handed the message out. */
const NEWEST_RECEIPT = `q.read_ct = r.read_ct AND (extract(epoch FROM q.last_read_at) * 1000000)::bigint = r.read_us`;
const RECEIPTS = 'unnest($1::bigint[], $2::int[], $3::bigint[]) AS r(msg_id, read_ct, read_us)';

export interface QueueStore {
  /** Reads up to `count` visible messages and hides them for the visibility timeout. */
  read(count: number, visibilityTimeoutS: number): Promise<readonly MessageRow[]>;
  /** Milliseconds until the earliest hidden message becomes visible; undefined when none is hidden. */
  nextVisibleInMs(): Promise<number | undefined>;
  /** Deletes; returns those that are still there because another transaction has them locked. */
  delete(records: readonly QueueRecord[]): Promise<readonly string[]>;
  /** Makes messages visible after a delay, the read uncounted unless `counted`, where the receipt is still the newest. */
  retry(
    retries: readonly { readonly record: QueueRecord; readonly delayMs: number; readonly counted: boolean }[],
  ): Promise<void>;
  /** Makes messages visible at once and uncounts the read, where the receipt is still the newest. */
  giveBack(records: readonly QueueRecord[]): Promise<void>;
  /** Moves a message to the dead-letter queue with its failure, where the receipt is still the newest. */
  deadLetter(record: QueueRecord, failure: Failure): Promise<boolean>;
}

/** The statements of one queue. Every one is a single statement, so that each is a transaction of its own. */
export function queueStore(pool: pg.Pool, queue: string, deadLetterQueue: string): QueueStore {
  const table = `pgmq.${pg.escapeIdentifier(`q_${queue}`)}`;

  async function run<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const query = { text, values: [...values], query_timeout: QUERY_TIMEOUT_MS };
    return (await pool.query<Row>(query)).rows;
  }

  const receipts = (records: readonly QueueRecord[]) => [
    records.map((record) => record.id),
    records.map((record) => record.receipt.readCount),
    records.map((record) => record.receipt.readUs),
  ];

  return {
    read: (count, visibilityTimeoutS) =>
      run<MessageRow>(
        `SELECT m.msg_id::text, m.read_ct, (extract(epoch FROM m.enqueued_at) * 1000)::bigint::text AS enqueued_ms,
                ${MICROSECONDS}::text AS read_us, m.message::text AS body, m.headers::text AS headers
           FROM pgmq.read($1::text, $2::int, $3::int) AS m ORDER BY m.msg_id`,
        [queue, visibilityTimeoutS, count],
      ),

    async nextVisibleInMs() {
      const [row] = await run<{ in_ms: number | null }>(
        `SELECT (extract(epoch FROM min(vt) - clock_timestamp()) * 1000)::float8 AS in_ms
           FROM ${table} WHERE vt > clock_timestamp()`,
        [],
      );
      return row?.in_ms ?? undefined;
    },

    // By id, as SQS deletes by a stale receipt: a success covers the message, whoever else holds it by now. Locked rows
    // are skipped and named, so that one hung transaction does not hold up the outcomes of all others.
    async delete(records) {
      const ids = records.map((record) => record.id);
      const deleted = await run<{ msg_id: string }>(
        `DELETE FROM ${table} WHERE msg_id IN
           (SELECT msg_id FROM ${table} WHERE msg_id = ANY($1::bigint[]) FOR UPDATE SKIP LOCKED)
         RETURNING msg_id::text`,
        [ids],
      );
      if (deleted.length === ids.length) return [];
      const gone = new Set(deleted.map((row) => row.msg_id));
      const rest = ids.filter((id) => !gone.has(id));
      const left = await run<{ msg_id: string }>(`SELECT msg_id::text FROM ${table} WHERE msg_id = ANY($1::bigint[])`, [
        rest,
      ]);
      return left.map((row) => row.msg_id);
    },

    async retry(retries) {
      const records = retries.map(({ record }) => record);
      await run(
        `WITH r AS (SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::int[], $5::int[])
                      AS r(msg_id, read_ct, read_us, delay_ms, taken_back)),
              locked AS (SELECT q.msg_id, r.delay_ms, r.taken_back FROM ${table} q JOIN r USING (msg_id)
                          WHERE ${NEWEST_RECEIPT} FOR UPDATE OF q SKIP LOCKED)
         UPDATE ${table} q SET vt = clock_timestamp() + locked.delay_ms * interval '1 millisecond',
                               read_ct = q.read_ct - locked.taken_back
           FROM locked WHERE q.msg_id = locked.msg_id`,
        [...receipts(records), retries.map(({ delayMs }) => delayMs), retries.map(({ counted }) => (counted ? 0 : 1))],
      );
    },

    async giveBack(records) {
      await run(
        `WITH locked AS (SELECT q.msg_id FROM ${table} q JOIN ${RECEIPTS} USING (msg_id)
                          WHERE ${NEWEST_RECEIPT} FOR UPDATE OF q SKIP LOCKED)
         UPDATE ${table} q SET vt = clock_timestamp(), read_ct = q.read_ct - 1
           FROM locked WHERE q.msg_id = locked.msg_id`,
        receipts(records),
      );
    },

    async deadLetter(record, failure) {
      const moved = await run(
        `WITH locked AS (SELECT q.msg_id FROM ${table} q JOIN ${RECEIPTS} USING (msg_id)
                          WHERE ${NEWEST_RECEIPT} FOR UPDATE OF q SKIP LOCKED),
              gone AS (DELETE FROM ${table} q USING locked WHERE q.msg_id = locked.msg_id
                       RETURNING q.msg_id, q.message, q.headers, q.enqueued_at, q.read_ct)
         SELECT pgmq.send($4::text, gone.message, jsonb_build_object(
                  'error', $5::jsonb, 'sourceQueue', $6::text, 'messageId', gone.msg_id::text, 'attempts', gone.read_ct,
                  'enqueuedAt', gone.enqueued_at, 'deadLetteredAt', clock_timestamp(), 'headers', gone.headers))
           FROM gone`,
        [...receipts([record]), deadLetterQueue, JSON.stringify(failure), queue],
      );
      return moved.length > 0;
    },
  };
}
