/** A chain longer than this is a loop or repeats itself. */
const LONGEST_CAUSE_CHAIN = 5;
/** node's connection errors are an AggregateError of one error an address: two, IPv4 and IPv6. */
const MOST_AGGREGATED = 5;

export interface DescribedError {
  readonly code?: string;
  readonly name: string;
  readonly message: string;
  readonly errors?: readonly DescribedError[];
  readonly cause?: DescribedError | string;
  readonly stack?: string;
}

function codeOf(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
}

function causeOf(cause: unknown, withStack: boolean, depth: number): DescribedError | string {
  return cause instanceof Error ? describeError(cause, withStack, depth) : String(cause);
}

/**
 * An error as log fields: code, name, message, what it aggregates, its causes; the stack if asked for. Nothing else of
 * it: Postgres' `detail` quotes the row ("Key (patient_id)=(…) already exists").
 */
export function describeError(error: Error, withStack: boolean, depth = 0): DescribedError {
  const code = codeOf(error);
  const deeper = depth + 1 < LONGEST_CAUSE_CHAIN;
  return {
    ...(code === undefined ? {} : { code }),
    name: error.name,
    message: error.message,
    ...(error instanceof AggregateError && deeper
      ? { errors: error.errors.slice(0, MOST_AGGREGATED).map((each) => toDescribed(each, withStack, depth + 1)) }
      : {}),
    ...(error.cause === undefined || error.cause === null || !deeper
      ? {}
      : { cause: causeOf(error.cause, withStack, depth + 1) }),
    ...(withStack && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}

function toDescribed(value: unknown, withStack: boolean, depth: number): DescribedError {
  return value instanceof Error
    ? describeError(value, withStack, depth)
    : { name: typeof value, message: String(value) };
}
