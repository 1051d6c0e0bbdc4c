import pg from 'pg';
import { TransientError } from '../errors.ts';
import { asDatabaseError, isServerAnswer } from './postgres-error.ts';

/** One statement, prepared under its name on each connection: parsed and planned once. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** pg reads `query_timeout` from each query (pg/lib/client.js); its types leave it out. */
interface BoundedStatement extends pg.QueryConfig<unknown[]> {
  query_timeout: number;
}

export interface Database {
  /** When an operation that starts now has to be over, on the clock of `performance.now()`. */
  deadline(): number;
  /**
   * Runs one statement in its own transaction, until the deadline at most: waiting for a connection, connecting and
   * answering included. Statements of one operation share one deadline; without it, a statement is an operation.
   * @throws TransientError `database_unavailable` | `database_slow`; the statement then took effect whole or not at all.
   */
  query<Row extends pg.QueryResultRow>(statement: Statement, deadline?: number): Promise<Row[]>;
  /**
   * Runs several statements in one READ COMMITTED transaction, for an effect that needs logic between a read and a write
   * (docs/0011): commits when `work` resolves, rolls back when it rejects. One deadline for all of it.
   * @throws TransientError `database_unavailable` | `database_slow`; all took effect or nothing. What `work` throws.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>, deadline?: number): Promise<Result>;
  /** Waits for running statements, then closes every connection. */
  close(): Promise<void>;
}

/** Statements of one transaction. Its beginning and end are not its to send. */
export interface Transaction {
  query<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]>;
}

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  /** Limit for one operation. */
  timeoutMs: number;
  applicationName: string;
  /** An idle connection broke (server restarted, network cut): the pool replaces it. */
  onIdleError?: (error: Error) => void;
}

/**
 * Of the limit, what the server may spend: it has to give up first, so that a statement we report as failed is seldom
 * committed after all. Locks are most of what a statement waits for, so they get less than the whole.
 */
const STATEMENT_SHARE = 0.8;
const LOCK_SHARE = 0.6;
/**
 * Of what is left of the limit, what may be spent on waiting for a connection: the statement gets the rest. One that starts with
 * its time nearly over fails after all, and its connection with it: past the limit, less and less would be done.
 */
const WAITING_SHARE = 0.75;
/** A transaction left open by a process that hangs would keep its locks, and the turn of those who record notifications. */
const IDLE_IN_TRANSACTION_LIMIT_MS = 10_000;
/** First keep-alive probe: finds a peer that vanished while a connection idles. */
const KEEP_ALIVE_DELAY_MS = 10_000;
const IDLE_CONNECTION_LIMIT_MS = 60_000;
const LEAST_QUERY_MS = 1;

function createPool(options: DatabaseOptions): pg.Pool {
  const { url, poolSize, timeoutMs, applicationName } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: Math.ceil(timeoutMs * STATEMENT_SHARE),
    lock_timeout: Math.ceil(timeoutMs * LOCK_SHARE),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    idleTimeoutMillis: IDLE_CONNECTION_LIMIT_MS,
    allowExitOnIdle: true,
  });
  // Without a listener the error of an idle connection would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

/** A connection pool whose every statement is bounded in time, however the database or the network fails. */
export function createDatabase(options: DatabaseOptions): Database {
  const pool = createPool(options);

  const deadline = () => performance.now() + options.timeoutMs;

  /** The pool's own limit is a whole operation's; this one's is shorter. */
  function connect(until: number): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      let tooLate = false;
      const giveUp = () => {
        tooLate = true;
        reject(new TransientError('database_slow', 'The database gave no connection in time.'));
      };
      const timer = setTimeout(giveUp, Math.max(0, WAITING_SHARE * (until - performance.now())));
      const settled = pool.connect().finally(() => clearTimeout(timer));
      settled.then((client) => (tooLate ? client.release() : resolve(client)), reject);
    });
  }

  async function query<Row extends pg.QueryResultRow>(statement: Statement, until = deadline()): Promise<Row[]> {
    let client: pg.PoolClient | undefined;
    try {
      client = await connect(until);
      // A connection that breaks while checked out tells it here, too: without a listener the process would end.
      client.on('error', ignoreReported);
      const { rows } = await client.query<Row, unknown[]>(bounded(statement, until));
      release(client);
      return rows;
    } catch (error) {
      // What a connection does whose statement got no answer is unknown: it is destroyed, never reused.
      if (client) release(client, !isServerAnswer(error));
      throw asDatabaseError(error);
    }
  }

  async function transaction<Result>(work: (tx: Transaction) => Promise<Result>, until = deadline()): Promise<Result> {
    let client: pg.PoolClient | undefined;
    try {
      const lent = await connect(until);
      client = lent;
      lent.on('error', ignoreReported);
      const send = async <Row extends pg.QueryResultRow>(statement: Statement) =>
        (await lent.query<Row, unknown[]>(bounded(statement, until))).rows;
      await send(BEGIN);
      const result = await work({ query: send });
      const { command } = await lent.query(bounded(COMMIT, until));
      // After a failed statement COMMIT is a rollback that reports no error.
      if (command !== 'COMMIT') throw new Error('The work went on after a statement had failed.');
      release(lent);
      return result;
    } catch (error) {
      if (client) release(client, !(await hasRolledBack(client, until)));
      throw asDatabaseError(error);
    }
  }

  return { deadline, query, transaction, close: () => pool.end() };
}

/** READ COMMITTED by name: a later statement has to see what an earlier one waited for, whatever the pool's default. */
const BEGIN: Statement = { name: 'begin', text: 'BEGIN ISOLATION LEVEL READ COMMITTED', values: [] };
const COMMIT: Statement = { name: 'commit', text: 'COMMIT', values: [] };
const ROLLBACK: Statement = { name: 'rollback', text: 'ROLLBACK', values: [] };

const bounded = (statement: Statement, until: number): BoundedStatement => ({
  ...statement,
  query_timeout: Math.max(LEAST_QUERY_MS, until - performance.now()),
});

/** False: what the connection does is unknown, and the server rolls back when it is destroyed. */
async function hasRolledBack(client: pg.PoolClient, until: number): Promise<boolean> {
  try {
    await client.query(bounded(ROLLBACK, until));
    return true;
  } catch {
    return false;
  }
}

function ignoreReported(): void {
  // The statement that runs on this connection rejects with the same error.
}

function release(client: pg.PoolClient, destroy = false): void {
  client.removeListener('error', ignoreReported);
  client.release(destroy);
}
