import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../testing/eventually.ts';

export interface WorkerSettings {
  readonly url: string;
  readonly databaseUrl: string;
  /** To the database. */
  readonly connections: number;
  /** Of the trigger. */
  readonly options: Record<string, unknown>;
}

/** What a worker tells: records handled since it last did, or a partition that came or went. */
export type WorkerReport = { readonly handled: number } | { readonly assigned: 1 | -1 };

export interface Workers {
  /** Waits until each worker has so many partitions. */
  active(partitionsEach: number): Promise<void>;
  /** Waits until so many records are handled, by all since the start. @returns milliseconds since the first were */
  handled(count: number): Promise<number>;
  /** The highest resident memory of the first worker since its start, in MB, from the kernel (Linux). */
  peakMb(): number;
  stop(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, 'stream-worker.ts');
const DEADLINE_MS = 240_000;
const KB_PER_MB = 1024;
/**
 * V8 lets the young generation grow to 3 × 32 MB before it looks at what is garbage; records are short-lived, so that is what a
 * busy worker holds. With 8 MB a worker was measured at 190 MB instead of 265 MB.
 */
export const WORKER_NODE_OPTIONS = ['--max-semi-space-size=8'];

interface Worker {
  readonly child: ChildProcess;
  partitions: number;
}

/** Workers as processes of their own, sharing the partitions of one consumer name out among them. */
export function startWorkers(count: number, settings: WorkerSettings): Workers {
  let handled = 0;
  let firstMs: number | undefined;
  let wanted = Infinity;
  let reached = Promise.withResolvers<void>();
  const workers: Worker[] = Array.from({ length: count }, () => {
    const worker = {
      child: fork(PROGRAM, [JSON.stringify(settings)], { execArgv: WORKER_NODE_OPTIONS }),
      partitions: 0,
    };
    worker.child.on('message', (report: WorkerReport) => {
      if ('assigned' in report) worker.partitions += report.assigned;
      else {
        firstMs ??= performance.now();
        handled += report.handled;
      }
      if (handled >= wanted) reached.resolve();
    });
    worker.child.on('exit', (code) => {
      if (code !== 0) reached.reject(new Error(`a worker ended with ${code}`));
    });
    return worker;
  });
  return {
    async active(partitionsEach) {
      const isActive = () => workers.every(({ partitions }) => partitions === partitionsEach);
      await eventually(`${count} workers to have ${partitionsEach} partitions each`, isActive, DEADLINE_MS);
    },
    async handled(all) {
      reached = Promise.withResolvers<void>();
      wanted = all;
      if (handled < wanted) await reached.promise;
      return performance.now() - (firstMs ?? Number.NaN);
    },
    peakMb() {
      const status = readFileSync(`/proc/${workers[0]?.child.pid}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / KB_PER_MB;
    },
    async stop() {
      await Promise.all(
        workers.map(async ({ child }) => {
          if (child.exitCode !== null) return;
          const ended = once(child, 'exit');
          child.send('stop');
          await ended;
        }),
      );
    },
  };
}
