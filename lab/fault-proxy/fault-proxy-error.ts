/** What was asked for cannot be done. `code` is stable; `faults` has a line for each wrong field. */
export class FaultProxyError extends Error {
  override readonly name = 'FaultProxyError';
  readonly code: string;
  readonly faults: readonly Fault[];

  constructor(code: string, message: string, options: ErrorOptions & { faults?: readonly Fault[] } = {}) {
    super(message, options);
    this.code = code;
    this.faults = options.faults ?? [];
  }
}

export interface Fault {
  /** `toxics[2].rate` */
  readonly field: string;
  /** What is wrong and what is allowed. */
  readonly problem: string;
}
