/** Base of every error this system raises on purpose. `code` is stable: logs, problem+json and dead letters quote it. */
export abstract class HeartlineError extends Error {
  abstract readonly retriable: boolean;
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Trying again cannot help: the input is wrong, or it conflicts with what is stored. */
export class PermanentError extends HeartlineError {
  readonly retriable = false;
}

/** Trying again later may help: a dependency is away, slow or busy. */
export class TransientError extends HeartlineError {
  readonly retriable = true;
}
