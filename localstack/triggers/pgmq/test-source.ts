import { performance } from 'node:perf_hooks';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import pg from 'pg';
import { eventually } from '../../testing/eventually.ts';
import type { EventSource, TriggerEvent } from '../event-source.ts';
import { type RecordingLogger, recordingLogger } from '../test-logger.ts';
import { type PgmqOptions, parsePgmqOptions } from './options.ts';
import { type PgmqEventSourceInput, startPgmqEventSource } from './pgmq-event-source.ts';

/** Options as a trigger would give them; throws what is wrong with them. */
export function pgmqOptions(raw: Record<string, unknown>, functionTimeoutS = 6): PgmqOptions {
  const parsed = parsePgmqOptions(raw, functionTimeoutS);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.options;
}

export interface Invocation {
  readonly records: readonly SQSRecord[];
  readonly startedMs: number;
  endedMs?: number;
}

export interface TestSource {
  readonly source: EventSource;
  readonly invocations: Invocation[];
  readonly events: TriggerEvent[];
  readonly logger: RecordingLogger;
  /** Waits until messages with these bodies (as JSON text) have been handed to the handler. */
  handled(count: number, deadlineMs?: number): Promise<void>;
  close(): Promise<void>;
}

export interface TestSourceSettings {
  readonly url: string;
  readonly options: Record<string, unknown>;
  readonly handler?: (records: readonly SQSRecord[]) => unknown;
  readonly timeoutMs?: number;
  readonly overrides?: Partial<PgmqEventSourceInput>;
}

const POOL_SIZE = 3;
const CONNECT_TIMEOUT_MS = 2_000;
const FUNCTION_TIMEOUT_MS = 6_000;

/** An event source on a pool of its own whose handler records what it is given and then does what the test wants. */
export async function testSource(settings: TestSourceSettings): Promise<TestSource> {
  const { url, handler = () => undefined, timeoutMs = FUNCTION_TIMEOUT_MS } = settings;
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  const logger = recordingLogger();
  pool.on('error', (error) => logger.debug('idle connection lost', { error }));
  const invocations: Invocation[] = [];
  const events: TriggerEvent[] = [];
  const source = await startPgmqEventSource({
    name: 'consume',
    pool,
    connect: async () => {
      const client = new pg.Client({
        connectionString: url,
        application_name: 'wake-up',
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      });
      await client.connect();
      return client;
    },
    options: pgmqOptions(settings.options, timeoutMs / 1_000),
    timeoutMs,
    invoke: async (event) => {
      const { Records } = event as SQSEvent;
      const invocation: Invocation = { records: Records, startedMs: performance.now() };
      invocations.push(invocation);
      try {
        return await handler(Records);
      } finally {
        invocation.endedMs = performance.now();
      }
    },
    logger,
    observe: (event) => events.push(event),
    ...settings.overrides,
  });
  return {
    source,
    invocations,
    events,
    logger,
    handled: async (count, deadlineMs) => {
      const seen = () => new Set(invocations.flatMap(({ records }) => records.map((record) => record.messageId))).size;
      await eventually(`${count} messages to reach the handler (${seen()} have)`, () => seen() >= count, deadlineMs);
    },
    close: async () => {
      await source.stop({ deadlineMs: 2_000 });
      await pool.end();
    },
  };
}

/** Messages in a queue table, visible or not. */
export async function messagesIn(pool: pg.Pool, queue: string) {
  const { rows } = await pool.query<{
    msg_id: string;
    read_ct: number;
    message: unknown;
    headers: Record<string, unknown> | null;
  }>(`SELECT msg_id::text, read_ct, message, headers FROM pgmq.${pg.escapeIdentifier(`q_${queue}`)} ORDER BY msg_id`);
  return rows;
}

/** Sends bodies in one statement; returns the message ids. */
export async function send(pool: pg.Pool, queue: string, bodies: readonly unknown[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id::text FROM pgmq.send_batch($1::text, $2::jsonb[]) AS id',
    [queue, bodies.map((body) => JSON.stringify(body))],
  );
  return rows.map((row) => row.id);
}
