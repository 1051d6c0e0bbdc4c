// A simulator that runs by itself: its status line, what a person should see besides, and how it ends.

import { trustAuthority } from '../../shared/access/trust.ts';
import { HeartlineError } from '../../shared/errors.ts';

/** A terminal's line is redrawn so often; slower, ward seconds at speed 1 would jump. */
const REDRAW_EVERY_MS = 500;
const TERMINAL_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';
const EXIT_ERROR = 2;

/** The status as it is now, cut to a width where there is one. */
type Status = (width?: number) => string;

export function showStatus(status: Status): void {
  // The last column stays free: a character there makes some terminals start a new line.
  const width = Math.min(process.stdout.columns ?? TERMINAL_COLUMNS, TERMINAL_COLUMNS) - 1;
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE + status(width));
  else process.stdout.write(`${status()}\n`);
}

/**
 * @param logEveryMs in a pipe or a log file, where a line is for good
 * @returns what ends it
 */
export function keepShowing(status: Status, logEveryMs: number): () => void {
  const view = setInterval(() => showStatus(status), process.stdout.isTTY ? REDRAW_EVERY_MS : logEveryMs);
  return () => clearInterval(view);
}

export function clearStatus(): void {
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE);
}

/** A line beside the status. */
export function say(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? CLEAR_LINE : ''}${text}\n`);
}

/** Runs to its end or until it is told to stop; sets the exit code. A wrong argument, or what cannot be read, is said and is 2. */
export async function runProgram(main: (stop: AbortSignal) => Promise<number>): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  try {
    trustAuthority();
    process.exitCode = await main(stop.signal);
  } catch (error) {
    if (!(error instanceof HeartlineError)) throw error;
    say(`${error.code}: ${error.message}`);
    process.exitCode = EXIT_ERROR;
  }
}
