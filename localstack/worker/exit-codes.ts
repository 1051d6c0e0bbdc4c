import { PermanentError, TransientError } from '../../shared/errors.ts';
import { TriggerOptionsError } from '../triggers/option-faults.ts';

/** How a worker and its replicas end. 64 and up are those of sysexits.h (FreeBSD, sysexits(3)). */
export const EXIT = {
  drained: 0,
  /** The drain deadline passed with work unfinished. */
  unfinished: 1,
  /** EX_USAGE: the command line asks for what is not there. */
  usage: 64,
  /** EX_UNAVAILABLE: what the function reads from did not answer at the start. */
  unavailable: 69,
  /** EX_SOFTWARE: a replica kept crashing. */
  crashLoop: 70,
  /** EX_CONFIG: serverless.yml, a setting or the handler's address is wrong; starting again cannot help. */
  configuration: 78,
} as const;

/** Errors about what was asked for on the command line. */
const USAGE_CODES = new Set(['usage', 'worker_function', 'worker_replicas']);

/** A worker that could not start: its replicas ended, or did not run in time. */
export class WorkerStartError extends PermanentError {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super('worker_not_started', message);
    this.exitCode = exitCode;
  }
}

/** The exit code for an error of a start; undefined when nobody raised it on purpose. */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof WorkerStartError) return error.exitCode;
  if (error instanceof TriggerOptionsError) return EXIT.configuration;
  if (error instanceof TransientError) return EXIT.unavailable;
  if (!(error instanceof PermanentError)) return undefined;
  return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.configuration;
}

/** What to tell of it: its message, or with the stack when nobody raised it on purpose. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return exitCodeOf(error) === undefined ? (error.stack ?? error.message) : error.message;
}
