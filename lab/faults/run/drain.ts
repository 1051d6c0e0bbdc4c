import { setTimeout as sleep } from 'node:timers/promises';
import type { ProducerEntry } from '../verdict/history.ts';

export interface DrainOptions {
  readonly producerLog: readonly ProducerEntry[];
  /** Ids that have an effect or are in the dead letters by now. Rejects while a service is away. */
  readonly arrived: () => Promise<ReadonlySet<string>>;
  /** The streams are read to their end. */
  readonly isRead: () => Promise<boolean>;
  /** Told at first, and whenever fewer are missing. */
  readonly progress: (missing: number) => void;
  /** Without any progress for so long, it is given up. */
  readonly patienceMs?: number;
  readonly restMs?: number;
  readonly lookMs?: number;
  readonly signal?: AbortSignal;
}

const LOOK_MS = 1_000;
/** Longer than a frozen worker holds its keys, and a partition needs to change hands after that. */
const PATIENCE_MS = 90_000;
/** With the streams read to their end, nothing is on its way but a function's last invocations: its time-out and retries. */
const REST_MS = 15_000;

/**
 * Waits until the system has come to rest: all that was acknowledged has arrived and the streams are read; or they are read, and
 * nothing has come for a while, so that what is missing is lost. @returns whether it came to that. Rejects when aborted.
 */
export async function drained(options: DrainOptions): Promise<boolean> {
  const { producerLog, arrived, isRead, progress, signal } = options;
  const { patienceMs = PATIENCE_MS, restMs = REST_MS, lookMs = LOOK_MS } = options;
  const missing = new Set(
    producerLog.flatMap((entry) => (entry.kind === 'outcome' && entry.outcome === 'acked' ? [entry.id] : [])),
  );
  let movedMs = performance.now();
  /** Since when the streams were found read, each time. */
  let readSinceMs: number | undefined;
  for (let looks = 0; performance.now() - movedMs < patienceMs; looks += 1) {
    const before = missing.size;
    const wasRead = readSinceMs !== undefined;
    try {
      for (const id of await arrived()) missing.delete(id);
      readSinceMs = (await isRead()) ? (readSinceMs ?? performance.now()) : undefined;
    } catch (error) {
      // Away: what was killed last is still on its way back; patience decides.
      if (!(error instanceof Error)) throw error;
      readSinceMs = undefined;
    }
    const nowMs = performance.now();
    if (missing.size < before || looks === 0) {
      movedMs = nowMs;
      progress(missing.size);
    }
    if (readSinceMs !== undefined) {
      // Twice in a row: what came in between is read as well.
      if (wasRead && missing.size === 0) return true;
      if (nowMs - Math.max(readSinceMs, movedMs) >= restMs) return true;
    }
    await sleep(lookMs, undefined, signal ? { signal } : {});
  }
  return false;
}
