import { randomUUID } from 'node:crypto';
import type { FencedStore } from '../triggers/stream/checkpoint-store.ts';
import type { EventCheckpoint, StreamEventRecord } from '../triggers/stream/event.ts';
import { parseRabbitmqStreamOptions } from '../triggers/stream/options.ts';
import { startRabbitmqStreamEventSource } from '../triggers/stream/rabbitmq-stream-event-source.ts';
import { quiet } from './stream-backlog.ts';

/** Long enough for the largest batch on a busy machine. */
const FUNCTION_TIMEOUT_MS = 60_000;

export interface Drain {
  readonly url: string;
  readonly stream: string;
  readonly count: number;
  /** Beside the stream, `startingPosition` and `consumerName`. */
  readonly options: Record<string, unknown>;
  readonly handle: (records: readonly StreamEventRecord[], checkpoint: EventCheckpoint | undefined) => unknown;
  /** With `checkpoint: postgres`. */
  readonly fencedStore?: FencedStore;
}

/**
 * Consumes a stream from its start through the whole trigger, until the handler has done with the last record.
 * @returns milliseconds from the first invocation to that
 */
export async function drainThroughTrigger({
  url,
  stream,
  count,
  options,
  handle,
  fencedStore,
}: Drain): Promise<number> {
  const parsed = parseRabbitmqStreamOptions({
    stream,
    startingPosition: 'TRIM_HORIZON',
    // A name of its own: it starts at the beginning.
    consumerName: randomUUID(),
    ...options,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const done = Promise.withResolvers<void>();
  let left = count;
  let firstMs: number | undefined;
  const source = await startRabbitmqStreamEventSource({
    name: 'bench',
    url,
    options: parsed.options,
    timeoutMs: FUNCTION_TIMEOUT_MS,
    async invoke(event) {
      const { Records, checkpoint } = event as { Records: readonly StreamEventRecord[]; checkpoint?: EventCheckpoint };
      firstMs ??= performance.now();
      await handle(Records, checkpoint);
      left -= Records.length;
      if (left <= 0) done.resolve();
    },
    logger: quiet,
    ...(fencedStore === undefined ? {} : { fencedStore }),
  });
  await done.promise;
  const tookMs = performance.now() - (firstMs ?? Number.NaN);
  await source.stop();
  return tookMs;
}
