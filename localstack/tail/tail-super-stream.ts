import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../triggers/silent-logger.ts';
import type { StreamEventRecord } from '../triggers/stream/event.ts';
import { parseRabbitmqStreamOptions } from '../triggers/stream/options.ts';
import { startRabbitmqStreamEventSource } from '../triggers/stream/rabbitmq-stream-event-source.ts';

const BATCH_SIZE = 1_000;
const INVOCATION_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
const POLL_MS = 50;

export interface Tail {
  /** Records so far, in the order in which they were read: that of the stream within a partition. */
  readonly records: readonly StreamEventRecord[];
  /** Resolves once this holds. @throws when it does not within the limit, with what was waited for */
  until(what: string, holds: (records: readonly StreamEventRecord[]) => boolean, limitMs: number): Promise<void>;
  stop(): Promise<void>;
}

export const contentOf = ({ kinesis }: StreamEventRecord): unknown =>
  JSON.parse(Buffer.from(kinesis.data, 'base64').toString());

/** Reads all partitions of a super stream from their beginning, and on as records come, beside whoever else reads them. */
export async function tailSuperStream(url: string, superStream: string): Promise<Tail> {
  const records: StreamEventRecord[] = [];
  const parsed = parseRabbitmqStreamOptions({
    superStream,
    startingPosition: 'TRIM_HORIZON',
    partitionKeyTopicLevel: 4,
    batchSize: BATCH_SIZE,
    consumerName: `tail-${randomUUID()}`,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const source = await startRabbitmqStreamEventSource({
    name: 'tail',
    url,
    options: parsed.options,
    timeoutMs: INVOCATION_LIMIT_MS,
    async invoke(event) {
      const { Records } = event as { Records: readonly StreamEventRecord[] };
      for (const record of Records) records.push(record);
    },
    logger: silentLogger,
  });
  return {
    records,
    async until(what, holds, limitMs) {
      const deadline = performance.now() + limitMs;
      while (!holds(records)) {
        if (performance.now() > deadline) throw new Error(`${superStream}: ${what} did not come within ${limitMs} ms`);
        await sleep(POLL_MS);
      }
    },
    stop: () => source.stop({ deadlineMs: STOP_LIMIT_MS }),
  };
}
