import { HeartlineError, TransientError } from '../errors.ts';

type DatabaseFault = 'database_unavailable' | 'database_slow';

// SQLSTATE codes and classes: Postgres documentation, appendix A.
const SLOW_STATES = new Set([
  '55P03', // lock_not_available: lock_timeout
  '57014', // query_canceled: statement_timeout
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);
const UNAVAILABLE_STATES = new Set([
  '25006', // read_only_sql_transaction: a standby answers
  '25P03', // idle_in_transaction_session_timeout: the session is gone
  '3D000', // invalid_catalog_name: the database is not there (yet)
]);
/** Connection, authorisation, resources, operator intervention (shut down, starting up), system error. */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '53', '57', '58']);

/** Errors of pg and pg-pool that carry no code: what their sources say (pg/lib/client.js, pg-pool/index.js). */
const SLOW_MESSAGES = /Query read timeout|timeout exceeded when trying to connect|due to connection timeout/;
const UNAVAILABLE_MESSAGES =
  /Connection terminated|Connection ended|not queryable|connection error|Cannot use a pool after|SSL|SASL/;

const SQLSTATE = /^[0-9A-Z]{5}$/;

function faultOf(error: Error): DatabaseFault | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined && SQLSTATE.test(code)) {
    if (SLOW_STATES.has(code)) return 'database_slow';
    return UNAVAILABLE_STATES.has(code) || UNAVAILABLE_CLASSES.has(code.slice(0, 2))
      ? 'database_unavailable'
      : undefined;
  }
  if ('syscall' in error || error instanceof AggregateError || code === 'EPIPE') return 'database_unavailable';
  if (SLOW_MESSAGES.test(error.message)) return 'database_slow';
  return UNAVAILABLE_MESSAGES.test(error.message) ? 'database_unavailable' : undefined;
}

/**
 * What a failed statement means to the caller: TransientError `database_unavailable` or `database_slow` when the database
 * was away or too slow, else the error itself (a mistake of ours: a wrong statement, a broken constraint).
 */
export function asDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HeartlineError) return error;
  const fault = faultOf(error);
  if (fault === undefined) return error;
  const message = fault === 'database_slow' ? 'The database did not answer in time.' : 'The database is not reachable.';
  return new TransientError(fault, message, { cause: error });
}

/** Whether the server answered, so that the session's state is known and its connection can serve again. */
export function isServerAnswer(error: unknown): boolean {
  return (
    error instanceof Error &&
    'severity' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    faultOf(error) !== 'database_unavailable'
  );
}
