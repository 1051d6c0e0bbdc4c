import pg from 'pg';
import { config } from '../../../shared/config.ts';

/** One for each lane of four partitions, should one worker have them all. */
const CONNECTIONS = 16;
const CONNECT_LIMIT_MS = 2_000;
const STATEMENT_LIMIT_MS = 4_000;
/** Longer than any freeze of the schedule is of no use: what a frozen process holds has to be given free. */
const IDLE_IN_TRANSACTION_LIMIT_MS = 10_000;
/** How long one waits for whoever holds a key. */
export const LOCK_TIMEOUT_MS = 2_000;

let shared: pg.Pool | undefined;

export interface PoolLimits {
  readonly idleInTransactionMs?: number;
}

/** This process's pool. */
export function pool({ idleInTransactionMs = IDLE_IN_TRANSACTION_LIMIT_MS }: PoolLimits = {}): pg.Pool {
  if (shared) return shared;
  shared = new pg.Pool({
    connectionString: config().endpoints.postgres,
    max: CONNECTIONS,
    application_name: 'faults-workload',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
    // A server that is gone without a word answers no statement: the client gives up shortly after it would have.
    query_timeout: STATEMENT_LIMIT_MS + CONNECT_LIMIT_MS,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced; without a listener its error would end the process.
  shared.on('error', () => undefined);
  return shared;
}
