import { HeartlineError, PermanentError } from '../../shared/errors.ts';
import { HELP, parseWardArguments, type WardArguments } from './arguments.ts';
import type { WardCounters } from './counters.ts';
import { findRecordings } from './find-recordings.ts';
import { httpDelivery } from './http-delivery.ts';
import { openJournal } from './journal.ts';
import { openPosition } from './position.ts';
import { lockFolder } from './state-files.ts';
import { statusLine } from './status-line.ts';
import { createWard, type WardEvent } from './ward.ts';

/** A terminal's line is redrawn so often; slower, ward seconds at speed 1 would jump. */
const REDRAW_EVERY_MS = 500;
/** In a pipe or a log file a line is for good, so there are fewer. */
const LOG_EVERY_MS = 10_000;
const TERMINAL_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';
const EXIT_REFUSED = 1;
const EXIT_ERROR = 2;

async function play(options: WardArguments, signal: AbortSignal): Promise<Readonly<WardCounters>> {
  const recordings = await findRecordings(options.folders);
  if (recordings.arrhythmia.length === 0) {
    const problem = `no arrhythmia recording in ${options.folders.join(', ')}`;
    throw new PermanentError('argument', `${problem}: vital signs alone raise no alert; add a folder with annotations`);
  }
  const unlock = lockFolder(options.state);
  const journal = openJournal(options.state);
  try {
    const ward = createWard({
      recordings,
      ...(options.beds === undefined ? {} : { beds: options.beds }),
      speed: options.speed,
      once: options.once,
      deliver: httpDelivery({ url: options.url }),
      journal,
      position: openPosition(options.state),
      onEvent: createReport(),
      signal,
    });
    const view = setInterval(() => show(ward.counters()), process.stdout.isTTY ? REDRAW_EVERY_MS : LOG_EVERY_MS);
    try {
      return await ward.run();
    } finally {
      clearInterval(view);
    }
  } finally {
    journal.close();
    unlock();
  }
}

function show(counters: Readonly<WardCounters>): void {
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE + statusLine(counters, terminalWidth()));
  else process.stdout.write(`${statusLine(counters)}\n`);
}

/** The last column stays free: a character there makes some terminals start a new line. */
function terminalWidth(): number {
  return Math.min(process.stdout.columns ?? TERMINAL_COLUMNS, TERMINAL_COLUMNS) - 1;
}

/** What a person should see besides the counts: an alert that was refused, and why alerts wait, once until one is taken again. */
function createReport(): (event: WardEvent) => void {
  let lastReason: string | undefined;
  return (event) => {
    if (event.type === 'settled') lastReason = undefined;
    if (event.type === 'settled' && event.outcome === 'refused') say(`refused ${event.alert.eventId}: ${event.code}`);
    if (event.type === 'retrying' && event.reason !== lastReason) {
      lastReason = event.reason;
      say(`alerts wait: ${event.reason}`);
    }
  };
}

function say(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? CLEAR_LINE : ''}${text}\n`);
}

async function main(): Promise<number> {
  const options = parseWardArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const counters = await play(options, stop.signal);
  show(counters);
  if (process.stdout.isTTY) process.stdout.write('\n');
  return options.once && counters.refused > 0 ? EXIT_REFUSED : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof HeartlineError)) throw error;
  say(`${error.code}: ${error.message}`);
  process.exitCode = EXIT_ERROR;
}
