import type pg from 'pg';
import type { TriggerKind } from '../trigger-kind.ts';
import { parsePgmqOptions } from './options.ts';
import { startPgmqEventSource } from './pgmq-event-source.ts';

export interface PgmqResources {
  /**
   * The pool to read and write with, asked for once a trigger; may be shared (three connections a trigger). Should have
   * a connectionTimeoutMillis, or a silent network is noticed late. It stays the host's to end.
   */
  readonly pool: () => pg.Pool;
  /** A new connected client for LISTEN, straight to Postgres. */
  readonly connect: () => Promise<pg.Client>;
}

/** `- pgmq: { queue: … }`: a pgmq queue with the semantics of Lambda's SQS event source mapping. */
export const pgmqTrigger: TriggerKind<PgmqResources> = {
  prepare(rawOptions, functionTimeoutS) {
    const parsed = parsePgmqOptions(rawOptions, functionTimeoutS);
    if (!parsed.ok) return parsed;
    return {
      ok: true,
      enabled: parsed.options.enabled,
      start: ({ pool, connect }, { functionName, ...run }) =>
        startPgmqEventSource({ ...run, name: functionName, pool: pool(), connect, options: parsed.options }),
    };
  },
};
