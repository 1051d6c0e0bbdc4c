import { HeartlineError } from '../../shared/errors.ts';

/** The exceptions of the service model that this data plane answers with, and their statuses. */
const STATUSES = {
  InvalidRequestException: 400,
  ForbiddenException: 403,
  ResourceNotFoundException: 404,
  MethodNotAllowedException: 405,
  RequestEntityTooLargeException: 413,
  ThrottlingException: 429,
  InternalFailureException: 500,
  ServiceUnavailableException: 503,
} as const;

export type AwsException = keyof typeof STATUSES;

const WORTH_ANOTHER_TRY: ReadonlySet<AwsException> = new Set([
  'ThrottlingException',
  'InternalFailureException',
  'ServiceUnavailableException',
]);

/** An answer that the SDK throws as its exception class of the same name. `code` is that name. */
export class AwsError extends HeartlineError {
  override readonly code: AwsException;
  readonly retriable: boolean;
  readonly status: number;

  constructor(exception: AwsException, message: string, options?: ErrorOptions) {
    super(exception, message, options);
    this.code = exception;
    this.retriable = WORTH_ANOTHER_TRY.has(exception);
    this.status = STATUSES[exception];
  }
}

export const invalid = (message: string) => new AwsError('InvalidRequestException', message);
