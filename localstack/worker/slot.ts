import type { Readable } from 'node:stream';
import type { CircuitReading } from '../../shared/ops/circuits.ts';
import { createLineSplitter } from '../observability/line-splitter.ts';
import { systemClock } from '../triggers/clock.ts';
import { fullJitterMs } from '../triggers/jitter.ts';
import { CLOSE_GRACE_MS, END_GRACE_MS } from './durations.ts';
import { EXIT } from './exit-codes.ts';
import type { ReplicaMessage, SourceHealth } from './messages.ts';
import type { ReplicaEnd, ReplicaListener, ReplicaProcess } from './replica-process.ts';

/** `waiting`: it has crashed and starts again soon. */
type SlotState = 'starting' | 'ready' | 'waiting' | 'draining' | 'ended';

/** What a slot is at the moment. */
export interface ReplicaStatus {
  /** Counted from 1; a restarted replica keeps its number. */
  readonly number: number;
  /** Undefined while none runs. */
  readonly pid: number | undefined;
  readonly state: SlotState;
  readonly restarts: number;
  /** As it last said, at most a second ago unless it hangs. */
  readonly sources: readonly SourceHealth[];
  /** Of its handler, to what it depends on. */
  readonly circuits: readonly CircuitReading[];
}

/** A crash loop: so many crashes of one replica within so long. */
export interface CrashLimit {
  readonly crashes: number;
  readonly withinMs: number;
}

export interface WorkerFailure {
  readonly code: number;
  readonly message: string;
}

export interface SlotOptions {
  readonly number: number;
  readonly drainMs: number;
  readonly crashLimit: CrashLimit;
  readonly start: (listener: ReplicaListener) => Promise<ReplicaProcess>;
  /** Takes the replica's output, each of its streams. */
  readonly output: (stream: Readable, replica: number) => void;
  /** Its status has changed. */
  readonly changed: () => void;
  /** It gives up: starting it again does not help. */
  readonly failed: (failure: WorkerFailure) => void;
  readonly note: (message: string) => void;
}

/** One of the worker's replicas, started again when it ends by itself. */
export interface Slot {
  status(): ReplicaStatus;
  /** Lets it drain; resolves to whether all of its work was finished. Idempotent. */
  stop(): Promise<boolean>;
  /** Ends it at once. */
  kill(): void;
}

/** A quick first try, and no storm of starts: a start takes most of a second of a core. */
const RESTART_DELAY = { minimumMs: 100, maximumMs: 5_000 };
const LAST_LINES = 15;
const MS_PER_S = 1_000;

function describeEnd({ code, signal }: ReplicaEnd): string {
  return signal === null ? `exit code ${code}` : signal;
}

/** Runs one replica and restarts it, with jittered back-off when it has crashed. */
export function startSlot(options: SlotOptions): Slot {
  const { number, drainMs, crashLimit, start, output, changed, failed, note } = options;
  let state: SlotState = 'starting';
  let process: ReplicaProcess | undefined;
  let sources: readonly SourceHealth[] = [];
  let circuits: readonly CircuitReading[] = [];
  let restarts = 0;
  let announced = false;
  let wasReady = false;
  let stopping = false;
  let crashesMs: number[] = [];
  let lastLines: string[] = [];
  let cancelRestart: () => void = () => undefined;
  const over = Promise.withResolvers<boolean>();

  function become(next: SlotState): void {
    state = next;
    changed();
  }

  function received(message: ReplicaMessage): void {
    if (message.type === 'health') ({ sources, circuits } = message);
    else if (message.type === 'draining') announced = true;
    else if (!stopping) {
      wasReady = true;
      become('ready');
    }
  }

  function read(stream: Readable): void {
    output(stream, number);
    const splitter = createLineSplitter({
      onLine: (line) => {
        if (!line.startsWith('{')) lastLines = [...lastLines, line].slice(-LAST_LINES);
      },
    });
    stream.on('data', (chunk: Uint8Array) => splitter.push(chunk));
    stream.once('end', () => splitter.end());
  }

  function giveUp(code: number, what: string): void {
    become('ended');
    over.resolve(true);
    failed({ code, message: [what, ...lastLines.map((line) => `  ${line}`)].join('\n') });
  }

  function crashed(end: ReplicaEnd): void {
    const nowMs = systemClock.nowMs();
    crashesMs = [...crashesMs.filter((atMs) => nowMs - atMs < crashLimit.withinMs), nowMs];
    if (crashesMs.length >= crashLimit.crashes) {
      const times = `${crashesMs.length} times within ${crashLimit.withinMs / MS_PER_S} s`;
      giveUp(EXIT.crashLoop, `Replica ${number} crashed ${times}, the last time with ${describeEnd(end)}.`);
      return;
    }
    const delayMs = fullJitterMs(crashesMs.length, RESTART_DELAY, Math.random());
    note(`replica ${number} ended with ${describeEnd(end)}; it starts again in ${delayMs} ms`);
    restarts += 1;
    become('waiting');
    cancelRestart = systemClock.after(delayMs, () => void run());
  }

  /** SIGTERM ends only a process that has not begun to listen for it, and so has not begun anything else either. */
  function isFinished({ code, signal }: ReplicaEnd): boolean {
    return code === EXIT.drained || signal === 'SIGTERM' || (!wasReady && code === EXIT.configuration);
  }

  function ended(end: ReplicaEnd): void {
    process = undefined;
    sources = [];
    circuits = [];
    if (stopping) {
      become('ended');
      over.resolve(isFinished(end));
    } else if (!wasReady && (end.code === EXIT.configuration || end.code === EXIT.usage)) {
      giveUp(end.code, `Replica ${number} cannot start:`);
    } else if (announced && (end.code === EXIT.drained || end.code === EXIT.unfinished)) {
      note(`replica ${number} was asked to end by somebody else, and has; it starts again`);
      restarts += 1;
      void run();
    } else crashed(end);
  }

  async function run(): Promise<void> {
    announced = false;
    wasReady = false;
    lastLines = [];
    become('starting');
    try {
      process = await start({ message: received, output: read });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      giveUp(EXIT.unavailable, `Replica ${number} cannot be started: ${reason}`);
      return;
    }
    changed();
    if (stopping) process.terminate();
    ended(await process.ended);
  }

  void run();

  return {
    status: () => ({ number, pid: process?.pid, state, restarts, sources, circuits }),
    stop() {
      if (!stopping && state !== 'ended') {
        stopping = true;
        const idle = state === 'waiting';
        cancelRestart();
        become(idle ? 'ended' : 'draining');
        if (idle) over.resolve(true);
        process?.terminate();
        const cancel = systemClock.after(drainMs + CLOSE_GRACE_MS + END_GRACE_MS, () => process?.kill());
        void over.promise.then(cancel);
      }
      return over.promise;
    },
    kill: () => process?.kill(),
  };
}
