import { config } from '../../shared/config.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { clearStatus, keepShowing, runProgram, say } from '../ward/program.ts';
import { openAckJournal } from './ack-journal.ts';
import { HELP, parseVitalsArguments, type VitalsArguments } from './arguments.ts';
import { readWardRecordings } from './read-recordings.ts';
import { faultsOf, summaryOf } from './summary.ts';
import { type VitalsCounters, vitalsLine } from './vitals-counters.ts';
import { createVitalsWard } from './vitals-ward.ts';
import { isOwnBroker, wardLogin } from './ward-login.ts';

/** In a pipe or a log file a line is for good, so there are fewer. */
const LOG_EVERY_MS = 5_000;
const EXIT_NOT_APPLIED = 1;
const US_PER_MS = 1_000;

interface Played {
  readonly counters: VitalsCounters;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

async function play(options: VitalsArguments, signal: AbortSignal): Promise<Played> {
  const { folders, journal: file, ...rest } = options;
  const recordings = await readWardRecordings(await findRecordings(folders), options.beds);
  const { access, home } = config();
  const logIn = isOwnBroker(options.url, home) ? wardLogin(options.url, access) : undefined;
  const journal = file === undefined ? undefined : openAckJournal(file);
  try {
    const ward = createVitalsWard({ ...rest, logIn, recordings, journal, signal, ...createReport() });
    const stopShowing = keepShowing((width) => vitalsLine(ward.counters(), width), LOG_EVERY_MS);
    const started = { cpu: process.cpuUsage(), atMs: performance.now() };
    try {
      const counters = await ward.run();
      const { user, system } = process.cpuUsage(started.cpu);
      return { counters, elapsedMs: performance.now() - started.atMs, cpuMs: (user + system) / US_PER_MS };
    } finally {
      stopShowing();
    }
  } finally {
    journal?.close();
  }
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

async function main(stop: AbortSignal): Promise<number> {
  const options = parseVitalsArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { counters, elapsedMs, cpuMs } = await play(options, stop);
  clearStatus();
  process.stdout.write(summaryOf(counters, elapsedMs, cpuMs));
  const faults = faultsOf(counters);
  for (const fault of faults) say(`load_not_applied: ${fault}`);
  return faults.length > 0 ? EXIT_NOT_APPLIED : 0;
}

await runProgram(main);
