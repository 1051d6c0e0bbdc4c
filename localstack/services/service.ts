/** A program that the stack runs: Postgres, RabbitMQ, toxiproxy. */
export interface Service<Endpoints> {
  readonly name: string;
  /** Starts it and resolves once it answers. Throws with the end of its log when it does not within its limit. */
  start(): Promise<RunningService<Endpoints>>;
}

export interface RunningService<Endpoints> {
  readonly name: string;
  readonly endpoints: Endpoints;
  readonly version: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process ends, asked to or not. */
  readonly exited: Promise<void>;
  /** Graceful, then forced; resolves when the process is gone. May be called again. */
  stop(): Promise<void>;
}
