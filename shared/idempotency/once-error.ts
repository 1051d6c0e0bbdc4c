/**
 * | code | retriable | meaning |
 * |---|---|---|
 * | key_in_progress | yes | another transaction held the key longer than lockTimeoutMs |
 * | consumer_busy | yes | another transaction held the consumer's row longer than lockTimeoutMs |
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

/** An error of `once`, `onceBatch` or `takeOver`; its `code` is stable. Errors of the effect and of pg rise as they are. */
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

/** lock_not_available: lock_timeout (PostgreSQL documentation, appendix A). */
const LOCK_NOT_AVAILABLE = '55P03';

/** Runs a statement of ours; when it waited for a lock too long, that is an error of the given code. */
export async function boundedWait<T>(code: OnceErrorCode, message: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) {
      throw new OnceError(code, message, { cause: error });
    }
    throw error;
  }
}
