import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { config } from '../../shared/config.ts';
import type { Timeline } from './timeline.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'localstack', 'vitals-ward', 'run.ts');
const MS_PER_S = 1_000;
/** For its last acknowledgements, beside the time that it was given. */
const END_GRACE_MS = 30_000;

export interface LoadOptions {
  /** Of the broker; names nobody, for it is seen in the process list. */
  readonly url: string;
  /** Of the stack, whose keys sign what its wards log in with. */
  readonly home: string;
  readonly beds: number;
  readonly rate: number;
  readonly seed: number;
  readonly timeline: Pick<Timeline, 'durationS'> & Partial<Timeline>;
  /** Of what it prints. */
  readonly logFile: string;
}

export interface Load {
  /** Resolves with what it printed at its end. `applied`: all was sent in time and acknowledged. */
  readonly ended: Promise<{ readonly applied: boolean; readonly summary: string }>;
  stop(): void;
}

/** The hospital's monitors, in a process of their own: what the lab measures with does not slow down what it measures. */
export function startLoad({ url, home, beds, rate, seed, timeline, logFile }: LoadOptions): Load {
  const { storm, durationS, burstAtS } = timeline;
  const settings = {
    '--url': url,
    '--beds': beds,
    '--rate': rate,
    '--seed': seed,
    '--duration': `${durationS}s`,
    ...(burstAtS === undefined ? {} : { '--burst-at': `${burstAtS}s` }),
    ...(storm === undefined
      ? {}
      : { '--storm': 'icu-1/bed-01', '--storm-at': `${storm.fromS}s`, '--storm-seconds': storm.seconds }),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [name, String(value)]);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HEARTLINE_HOME: home, HEARTLINE_KEYS: config().access.keyFolder },
  });
  const log = createWriteStream(logFile);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-MOST_KEPT);
      log.write(text);
    });
  }
  const overdue = setTimeout(() => child.kill('SIGKILL'), durationS * MS_PER_S + END_GRACE_MS);
  return {
    ended: once(child, 'close').then(([code]) => {
      clearTimeout(overdue);
      log.end();
      return { applied: code === 0, summary: printed.slice(printed.lastIndexOf('beds  ')) };
    }),
    stop: () => stopChild(child),
  };
}

const MOST_KEPT = 10_000;

function stopChild(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}
