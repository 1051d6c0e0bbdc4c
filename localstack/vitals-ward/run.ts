import { HeartlineError } from '../../shared/errors.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { openAckJournal } from './ack-journal.ts';
import { HELP, parseVitalsArguments, type VitalsArguments } from './arguments.ts';
import { readWardRecordings } from './read-recordings.ts';
import { faultsOf, summaryOf } from './summary.ts';
import { type VitalsCounters, vitalsLine } from './vitals-counters.ts';
import { createVitalsWard } from './vitals-ward.ts';

const REDRAW_EVERY_MS = 500;
/** In a pipe or a log file a line is for good, so there are fewer. */
const LOG_EVERY_MS = 5_000;
const TERMINAL_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';
const EXIT_NOT_APPLIED = 1;
const EXIT_ERROR = 2;
const US_PER_MS = 1_000;

interface Played {
  readonly counters: VitalsCounters;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

async function play(options: VitalsArguments, signal: AbortSignal): Promise<Played> {
  const { folders, journal: file, ...rest } = options;
  const recordings = await readWardRecordings(await findRecordings(folders), options.beds);
  const journal = file === undefined ? undefined : openAckJournal(file);
  try {
    const ward = createVitalsWard({ ...rest, recordings, journal, signal, ...createReport() });
    const view = setInterval(() => show(ward.counters()), process.stdout.isTTY ? REDRAW_EVERY_MS : LOG_EVERY_MS);
    const started = { cpu: process.cpuUsage(), atMs: performance.now() };
    try {
      const counters = await ward.run();
      const { user, system } = process.cpuUsage(started.cpu);
      return { counters, elapsedMs: performance.now() - started.atMs, cpuMs: (user + system) / US_PER_MS };
    } finally {
      clearInterval(view);
    }
  } finally {
    journal?.close();
  }
}

function show(counters: VitalsCounters): void {
  // The last column stays free: a character there makes some terminals start a new line.
  const width = Math.min(process.stdout.columns ?? TERMINAL_COLUMNS, TERMINAL_COLUMNS) - 1;
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE + vitalsLine(counters, width));
  else process.stdout.write(`${vitalsLine(counters)}\n`);
}

/** Why the broker is away, once until it is back: 25 wards try every second. */
function createReport() {
  const down = new Set<string>();
  let told: string | undefined;
  return {
    onDown(ward: string, why: string) {
      down.add(ward);
      if (why !== told) say(`the broker is away: ${why}`);
      told = why;
    },
    onUp(ward: string) {
      if (!down.delete(ward) || down.size > 0) return;
      told = undefined;
      say('the broker is back');
    },
  };
}

function say(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? CLEAR_LINE : ''}${text}\n`);
}

async function main(): Promise<number> {
  const options = parseVitalsArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const { counters, elapsedMs, cpuMs } = await play(options, stop.signal);
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE);
  process.stdout.write(summaryOf(counters, elapsedMs, cpuMs));
  const faults = faultsOf(counters);
  for (const fault of faults) say(`load_not_applied: ${fault}`);
  return faults.length > 0 ? EXIT_NOT_APPLIED : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof HeartlineError)) throw error;
  say(`${error.code}: ${error.message}`);
  process.exitCode = EXIT_ERROR;
}
