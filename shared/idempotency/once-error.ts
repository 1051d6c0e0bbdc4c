/**
 * | code | retriable | meaning |
 * |---|---|---|
 * | key_in_progress | yes | another transaction held the key longer than lockTimeoutMs |
 * | consumer_busy | yes | another transaction held the consumer's row longer than lockTimeoutMs, or (isolation above READ COMMITTED) changed it |
 * | fenced_out | yes | the consumer has a newer epoch: nothing was done, and this worker has to stop; the record is not at fault |
 * | payload_mismatch | no | the key belongs to another payload |
 * | invalid_key | no | no text of 1 to 1024 bytes without NUL |
 * | response_count | no | a batch's effect returned more or fewer responses than it got items |
 * | transaction_ended | no | the effect ended the transaction, or went on after a statement in it had failed; what it committed itself stays |
 */
export type OnceErrorCode =
  | 'key_in_progress'
  | 'consumer_busy'
  | 'fenced_out'
  | 'payload_mismatch'
  | 'invalid_key'
  | 'response_count'
  | 'transaction_ended';

const RETRIABLE: ReadonlySet<OnceErrorCode> = new Set(['key_in_progress', 'consumer_busy', 'fenced_out']);

/** An error of `once`, `onceBatch`, `takeOver` or `moveCheckpoint`; its `code` is stable. Errors of the effect and of pg rise as they are. */
export class OnceError extends Error {
  override readonly name = 'OnceError';
  readonly code: OnceErrorCode;
  readonly retriable: boolean;

  constructor(code: OnceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retriable = RETRIABLE.has(code);
  }
}

/** PostgreSQL documentation, appendix A. */
const HELD_BY_ANOTHER: ReadonlySet<unknown> = new Set([
  '55P03', // lock_not_available: lock_timeout
  '40P01', // deadlock_detected: with a batch that takes expired keys over while they are purged
  '40001', // serialization_failure: the row changed meanwhile, only where the isolation is above READ COMMITTED
]);

/** Runs a statement of ours; when another transaction was in its way, that is an error of the given code. */
export async function boundedWait<T>(code: OnceErrorCode, message: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && 'code' in error && HELD_BY_ANOTHER.has(error.code)) {
      throw new OnceError(code, message, { cause: error });
    }
    throw error;
  }
}
