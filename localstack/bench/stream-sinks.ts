import pg from 'pg';
import { storeAlertBatch } from '../../shared/alerts/alert-batch-store.ts';
import { alertMessage } from '../../shared/alerts/alert-message.ts';
import { createDatabase } from '../../shared/postgres/database.ts';
import type { StreamEventRecord } from '../triggers/stream/event.ts';

const DATABASE_TIMEOUT_MS = 60_000;

/** Where a handler puts its records. */
export interface StreamSink {
  store(records: readonly StreamEventRecord[]): Promise<void>;
  /** Empties it: each round inserts what is new. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const textOf = ({ kinesis }: StreamEventRecord) => Buffer.from(kinesis.data, 'base64').toString();

/**
 * JSON has no raw line feed, so the payloads travel as one text of lines: an array parameter would have each of them escaped
 * by the driver and unescaped by the server, which costs about as much as the insert.
 */
const UPSERT_BATCH = `
  INSERT INTO bench_events (event_id, payload)
  SELECT * FROM unnest(string_to_array($1, E'\\n')::uuid[], string_to_array($2, E'\\n'))
  ON CONFLICT (event_id) DO NOTHING`;
const UPSERT_ONE = 'INSERT INTO bench_events (event_id, payload) VALUES ($1, $2) ON CONFLICT (event_id) DO NOTHING';
const TABLE = 'CREATE TABLE IF NOT EXISTS bench_events (event_id uuid PRIMARY KEY, payload text NOT NULL)';

const idOf = ({ messageAttributes }: StreamEventRecord): string => messageAttributes['eventId'] ?? '';

/** The bare shape of an idempotent insert: id and payload, `ON CONFLICT DO NOTHING`. `one`: each record by itself. */
export async function bareSink(databaseUrl: string, how: 'batch' | 'one', connections: number): Promise<StreamSink> {
  const client = new pg.Pool({ connectionString: databaseUrl, max: connections });
  await client.query(TABLE);
  async function batch(records: readonly StreamEventRecord[]): Promise<void> {
    const values = [records.map(idOf).join('\n'), records.map(textOf).join('\n')];
    await client.query({ name: 'upsert', text: UPSERT_BATCH, values });
  }
  async function oneByOne(records: readonly StreamEventRecord[]): Promise<void> {
    for (const record of records) {
      await client.query({ name: 'upsert-one', text: UPSERT_ONE, values: [idOf(record), textOf(record)] });
    }
  }
  return {
    store: how === 'batch' ? batch : oneByOne,
    clear: async () => void (await client.query('TRUNCATE bench_events')),
    close: () => client.end(),
  };
}

/** The stage's own: each alert validated, fingerprinted, stored once, and queued for staff in the same transaction. */
export async function alertSink(databaseUrl: string, connections: number): Promise<StreamSink> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const options = { url: databaseUrl, poolSize: connections, timeoutMs: DATABASE_TIMEOUT_MS, applicationName: 'bench' };
  const database = createDatabase(options);
  const context = { database, recordMetric: () => undefined };
  return {
    async store(records) {
      const batch = records.map((record) => ({
        alert: alertMessage.parse(JSON.parse(textOf(record))),
        traceparent: record.messageAttributes['traceparent'] ?? '',
      }));
      await storeAlertBatch(batch, context);
    },
    async clear() {
      await client.query('TRUNCATE at_least_once.alerts CASCADE');
      await client.query(`SELECT pgmq.purge_queue('at_least_once_alerts')`);
    },
    async close() {
      await client.end();
      await database.close();
    },
  };
}
