import { localToken } from '../../shared/access/local-token.ts';
import { PermanentError } from '../../shared/errors.ts';
import { HELP, parseWardArguments, type WardArguments } from './arguments.ts';
import type { WardCounters } from './counters.ts';
import { findRecordings } from './find-recordings.ts';
import { httpDelivery } from './http-delivery.ts';
import { openJournal } from './journal.ts';
import { openPosition } from './position.ts';
import { keepShowing, runProgram, say, showStatus } from './program.ts';
import { lockFolder } from './state-files.ts';
import { statusLine } from './status-line.ts';
import { createWard, type WardEvent } from './ward.ts';

/** In a pipe or a log file a line is for good, so there are fewer. */
const LOG_EVERY_MS = 10_000;
const EXIT_REFUSED = 1;

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
      deliver: httpDelivery({ url: options.url, token: () => localToken('device') }),
      journal,
      position: openPosition(options.state),
      onEvent: createReport(),
      signal,
    });
    const stopShowing = keepShowing((width) => statusLine(ward.counters(), width), LOG_EVERY_MS);
    try {
      return await ward.run();
    } finally {
      stopShowing();
    }
  } finally {
    journal.close();
    unlock();
  }
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

async function main(stop: AbortSignal): Promise<number> {
  const options = parseWardArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const counters = await play(options, stop);
  showStatus((width) => statusLine(counters, width));
  if (process.stdout.isTTY) process.stdout.write('\n');
  return options.once && counters.refused > 0 ? EXIT_REFUSED : 0;
}

await runProgram(main);
